import { buildOperator, type WantedPart } from "../../operators/build.ts";
import type { ForwardOperator } from "../../operators/operator.ts";
import { describeOperators, parsePart, partSignalShape, partSources } from "../../operators/registry.ts";
import { type SpecTree, specTree } from "../../operators/spec-tree.ts";
import { contiguous, fromHost, type HostArray } from "../data/array.ts";
import { drawnText } from "../data/drawn-text.ts";
import { InputError, messageOf } from "../data/errors.ts";
import { sha256 } from "../data/hash.ts";
import { requireOptionNames } from "../data/options.ts";
import { readArray } from "../data/read-array.ts";
import { describeKinds, isModule } from "../data/spec.ts";
import { moduleOperator } from "./module-operator.ts";

export interface OpenOperatorOptions {
  /** Shape of one signal. A matrix without it takes [n], a module may say its own; all others need it. */
  readonly shape?: readonly number[];
  /** Seed of the operator's own draws; default 1. */
  readonly seed?: number;
  /** Takes a module's word for it that its operator is linear and its adjoint right, as `checkOperator` must; default false. */
  readonly unchecked?: boolean;
}

/**
 * An operator from its spec, as `parseOperator`, and the files that it names are opened: arrays, such as that of `matrix:file=A.npy`, are kept in
 * float32, and a path such as `./mine.js` is the operator of a user's ES module (see `moduleOperator`).
 *
 * Errors (InputError): those of `parseOperator`; a file that cannot be read, a matrix of another number of columns than a signal has
 * numbers, a module that gives no operator; a shape that is needed and not given. TypeError: an unknown option.
 */
export async function openOperator(spec: string, options: OpenOperatorOptions = {}): Promise<ForwardOperator> {
  requireOptionNames("openOperator", options, ["shape", "seed", "unchecked"]);
  const { shape, seed = 1, unchecked = false } = options;
  const digests: string[] = [];
  try {
    const building = buildOperator(specTree(spec), shape);
    let step = building.next();
    while (!step.done) {
      const part = await openPart(step.value, seed, unchecked);
      if (part.digest) digests.push(part.digest);
      step = building.next(part);
    }
    return {
      ...step.value,
      source: { spec: spec.trim(), seed },
      ...(digests.length > 0 && { digest: digests.join() }),
    };
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
}

/**
 * The shape of the signals of which an operator measures the shape `measured`: larger than it for `downsample` and the boundary valid. With combinations or modules, which may do anything, it is `measured` itself.
 * Errors (InputError): a file that cannot be read, a kernel too large for any image.
 */
export async function signalShape(spec: string, measured: readonly number[]): Promise<readonly number[]> {
  const tree = specTree(spec);
  const factors = tree.kind === "product" ? tree.factors : [tree];
  const known = factors.every(({ kind, ...of }) => kind === "number" || ("text" in of && !isModule(of.text)));
  if (!known) return measured;
  try {
    return await shapeBefore(factors, measured);
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
}

async function shapeBefore(factors: readonly SpecTree[], measured: readonly number[]): Promise<readonly number[]> {
  let shape = measured;
  for (const factor of factors.toReversed()) {
    if (factor.kind !== "part") continue; // a number
    const { files } = partSources(factor.text);
    const arrays = await Promise.all(files.map(openArray));
    shape = partSignalShape(factor.text, shape, (file) => arrays[files.indexOf(file)]!);
  }
  return shape;
}

async function openPart(part: WantedPart, seed: number, unchecked: boolean): Promise<ForwardOperator> {
  const { text, inShape } = part;
  if (isModule(text)) return moduleOperator(text, { seed, unchecked, ...(inShape && { shape: inShape }) });
  const { files, texts } = partSources(text);
  const sources = [...files, ...texts];
  const [height = 1, width = 1] = inShape ?? [];
  const arrays = await Promise.all([
    ...files.map(openArray),
    ...texts.map((words) => drawnText(words, [height, width])),
  ]);
  const operator = parsePart(part, seed, (source) => arrays[sources.indexOf(source)]!);
  if (arrays.length === 0) return operator;
  const digest = await sha256(arrays.flatMap(({ shape, data }) => [Int32Array.from(shape), data]));
  return { ...operator, digest };
}

async function openArray(path: string) {
  const array = await readArray(path);
  return fromHost(Float32Array.from(contiguous(array as HostArray)), array.shape);
}

/** What specs can name beside the operators of the registry. */
const modules = {
  "./mine.js": {
    summary:
      "your own ES module: its default export is an operator, or a function of { tf, shape, seed, linearOperator, forwardOperator } that returns one",
    options: {},
  },
};

/** All operators with their options, for `--help`. */
export const describeOpenOperators = (): string => describeKinds(describeOperators(), modules);
