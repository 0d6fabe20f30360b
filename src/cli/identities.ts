import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { NdArray } from "ndarray";
import { partsOf, specTree } from "../../operators/spec-tree.ts";
import { contiguous } from "../data/array.ts";
import { isFolder } from "../data/files.ts";
import { sha256 } from "../data/hash.ts";
import { packageVersion } from "../data/package.ts";
import { engineSettings } from "../engine/index.ts";
import type { OpenedMeasurements } from "../measure/index.ts";
import type { Setting } from "./compared-settings.ts";
import { methodParts } from "./recovering.ts";

export interface IdentityFacts {
  /** The method's spec: `prior/:solver=csgm`, `gaussian:X.npz`, `wavelet:levels=2`. */
  readonly spec: string;
  readonly seed: number;
  readonly automatic: boolean;
  readonly centre: string | undefined;
  /** The signals that choose λ. */
  readonly tuning: NdArray<Float32Array> | undefined;
}

/**
 * A hash of all that a method's results follow from besides the problem: its spec, the bytes of the files that it names, how λ is chosen,
 * the seed, the version of the program, and the engine and device that compute. Errors (InputError): those of `filesOf`.
 */
export async function methodIdentity({ spec, seed, automatic, centre, tuning }: IdentityFacts): Promise<string> {
  const { engine, device } = engineSettings();
  const facts = { version: packageVersion(), engine, device, spec, seed, automatic, tuned: tuning?.shape };
  const files = [...(await filesOf(methodParts(spec).prior)), ...(centre === undefined ? [] : [centre])];
  const contents = await Promise.all(files.map(bytesOf));
  const words = new TextEncoder().encode(JSON.stringify([facts, contents.flat().map(({ length }) => length)]));
  return sha256([words, ...contents.flat(), ...(tuning ? [contiguous(tuning)] : [])]);
}

/** The options of `reconstruct` that its results follow from, besides those of `IdentityFacts`. */
export interface RecoveryArgs {
  readonly prior: string;
  readonly solver: string | undefined;
  readonly lambda: string | undefined;
  readonly centre: string | undefined;
  readonly range: string;
  readonly deviation: boolean | undefined;
  readonly samples: number | undefined;
}

/** All that recovered signals follow from, by name: for messages that say what differs. */
export async function recoveryIdentity(
  args: RecoveryArgs,
  { operator, y, noise }: OpenedMeasurements,
  { seed, tuning }: Pick<IdentityFacts, "seed" | "tuning">,
): Promise<Readonly<Record<string, unknown>>> {
  const { prior, solver, lambda, centre, range, deviation, samples } = args;
  const { source, digest } = operator;
  const facts = { spec: prior, seed, automatic: lambda === "auto", centre, tuning };
  return {
    measurements: await sha256([contiguous(y)]),
    operator: source ? `${source.spec}, seed ${source.seed}` : operator.name,
    ...{ ...(digest && { digest }), noise: noise.spec, prior, solver, lambda, range, deviation, samples, seed },
    method: await methodIdentity(facts),
  };
}

/** The files and folders that the spec of a prior may name. Errors (InputError): a part of a sum that is empty, a network that cannot be read. */
async function filesOf(spec: string): Promise<string[]> {
  const { baselineModules, isOpenBaseline } = await import("./open-baseline.ts");
  if (isOpenBaseline(spec)) return baselineModules(spec);
  const { isOnnxSpec, onnxFiles } = await import("./onnx-file.ts");
  return isOnnxSpec(spec) ? onnxFiles(spec) : [spec, spec.replace(/^\w+:/, "")];
}

/** The bytes of a file, or of every file of a folder; none if there is neither. */
async function bytesOf(name: string): Promise<Uint8Array[]> {
  if (!(await isFolder(name)))
    return readFile(name).then(
      (bytes) => [bytes],
      () => [],
    );
  const entries = await readdir(name, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  return Promise.all(files.sort().map((file) => readFile(path.join(name, file))));
}

/** All that measurements follow from besides the signals: the specs, the bytes of the files that they name, the seeds of the draws. */
export async function measuredIdentity({ operator, noise }: Setting, seed: number, draws: number): Promise<string> {
  const named = [...partsOf(specTree(operator)), noise].flatMap((part) => [
    part,
    ...part.split(/[:,]/).map((text) => text.replace(/^\w+=/, "")),
  ]);
  const contents = (await Promise.all(named.map((text) => bytesOf(text.replace(/(\.npz):.*$/, "$1"))))).flat();
  return JSON.stringify([
    packageVersion(),
    operator,
    noise,
    seed,
    draws,
    contents.length > 0 ? await sha256(contents) : "",
  ]);
}
