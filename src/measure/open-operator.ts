import { type Boundary, boundaryOption } from "../../operators/blur.ts";
import { compose } from "../../operators/compose.ts";
import { convolution } from "../../operators/convolution.ts";
import { matrixOperator } from "../../operators/matrix.ts";
import type { ForwardOperator } from "../../operators/operator.ts";
import { describeOperators, operatorParts, parsePart } from "../../operators/registry.ts";
import { contiguous, fromHost, type HostArray } from "../data/array.ts";
import { InputError, messageOf } from "../data/errors.ts";
import { sha256 } from "../data/hash.ts";
import { type OptionTable, requireOptionNames } from "../data/options.ts";
import { readArray } from "../data/read-array.ts";
import { describeKinds, parseSpec } from "../data/spec.ts";
import { isModule } from "../data/user-module.ts";
import { moduleOperator } from "./module-operator.ts";

export interface OpenOperatorOptions {
  /** Shape of one signal. A matrix without it takes [n], a module may say its own; all others need it. */
  readonly shape?: readonly number[];
  /** Seed of the operator's own draws; default 1. */
  readonly seed?: number;
}

/** What specs can name beside the operators of the registry. All are read from files. */
const files = {
  matrix: {
    summary: "y = Ax, A your own matrix; a row each measurement, a column each number of a signal",
    options: {
      file: { type: "text", required: true, description: "the matrix: .npy, .npz, A.npz:member or .csv" },
    },
  },
  convolution: {
    summary: "y = k ∗ x, k your own blur kernel; keeps the shape",
    options: {
      file: { type: "text", required: true, description: "the kernel: .npy, .npz, k.npz:member, .csv or an image" },
      boundary: boundaryOption,
      normalise: { type: "flag", description: "divide the kernel by its sum" },
    },
  },
  "./mine.js": {
    summary:
      "your own ES module: its default export is an operator, or a function of { tf, shape, seed, linearOperator, forwardOperator } that returns one",
    options: {},
  },
} satisfies Record<string, { summary: string; options: OptionTable }>;

/**
 * An operator from its spec, as `parseOperator`, and the files that it names are opened: a part `matrix:file=A.npy` is a user's matrix,
 * kept in float32, and a path such as `./mine.js` is the operator of a user's ES module (see `moduleOperator`).
 *
 * Errors (InputError): those of `parseOperator`; a file that cannot be read, a matrix of another number of columns than a signal has
 * numbers, a module that gives no operator; a shape that is needed and not given. TypeError: an unknown option.
 */
export async function openOperator(spec: string, options: OpenOperatorOptions = {}): Promise<ForwardOperator> {
  requireOptionNames("openOperator", options, ["shape", "seed"]);
  const { shape, seed = 1 } = options;
  let built: ForwardOperator | undefined;
  const digests: string[] = [];
  for (const [place, part] of operatorParts(spec).entries()) {
    try {
      const next = await openPart(part, built?.outShape ?? shape, { seed, place });
      if (next.digest) digests.push(next.digest);
      built = built ? compose(next, built) : next;
    } catch (error) {
      throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
    }
  }
  const source = { spec: spec.trim(), seed };
  return { ...built!, source, ...(digests.length > 0 && { digest: digests.join() }) };
}

async function openPart(
  part: string,
  shape: readonly number[] | undefined,
  draws: { readonly seed: number; readonly place: number },
): Promise<ForwardOperator> {
  if (isModule(part)) return moduleOperator(part, { seed: draws.seed, ...(shape && { shape }) });
  if (/^matrix\s*(:|$)/.test(part)) {
    const { values } = parseSpec("operator", files, part);
    return openMatrix(values.file as string, shape);
  }
  if (/^convolution\s*(:|$)/.test(part)) {
    const { values } = parseSpec("operator", { convolution: files.convolution }, part);
    return openConvolution(values as unknown as KernelValues, shape);
  }
  if (shape) return parsePart(part, shape, draws);
  throw new InputError(`operator: ${part} needs the shape of one signal; say --shape, as 28,28`);
}

async function openMatrix(file: string, inShape: readonly number[] | undefined): Promise<ForwardOperator> {
  const array = await readArray(file);
  const matrix = fromHost(Float32Array.from(contiguous(array as HostArray)), array.shape);
  try {
    const operator = matrixOperator({ matrix, ...(inShape && { inShape }) });
    return { ...operator, digest: await sha256([Int32Array.from(matrix.shape), matrix.data]) };
  } catch (error) {
    throw new InputError(`${file}: ${messageOf(error)}`);
  }
}

interface KernelValues {
  readonly file: string;
  readonly boundary: Boundary;
  readonly normalise: boolean;
}

async function openConvolution(
  { file, boundary, normalise }: KernelValues,
  inShape: readonly number[] | undefined,
): Promise<ForwardOperator> {
  if (!inShape) throw new InputError("operator: convolution needs the shape of one signal; say --shape, as 28,28");
  const array = await readArray(file);
  const numbers = Float32Array.from(contiguous(array as HostArray));
  const sum = numbers.reduce((a, b) => a + b, 0);
  if (normalise && !(Math.abs(sum) > 0)) throw new InputError(`${file}: the kernel's sum is ${sum}, it cannot be 1`);
  const kernel = fromHost(normalise ? numbers.map((v) => v / sum) : numbers, array.shape);
  try {
    const operator = convolution({ inShape, kernel, boundary });
    return { ...operator, digest: await sha256([Int32Array.from(kernel.shape), kernel.data]) };
  } catch (error) {
    throw new InputError(`${file}: ${messageOf(error)}`);
  }
}

/** All operators with their options, for `--help`. */
export const describeOpenOperators = (): string => describeKinds(describeOperators(), files);
