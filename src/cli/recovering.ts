import { stat } from "node:fs/promises";
import path from "node:path";
import type { SketchData } from "../../priors/facts.ts";
import { isOfOneShape, type Prior } from "../../priors/prior.ts";
import { sameShape, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";
import type { Options } from "../data/options.ts";
import { parseLambda } from "./options.ts";

export interface OpenedPrior {
  /** Its name in columns and messages. */
  readonly name: string;
  readonly prior: Prior;
  /** What it is and the sketch that it was learned from, in one line and as data; absent where it is from no sketch. */
  readonly about?: string;
  readonly sketch?: SketchData;
  /** Whether a prior folder was trained from the data themselves, not from a sketch of them. */
  readonly fromData?: true;
  /** Present for a network of the user's own, of which it is not known what it was trained on: the same prior for another shape. */
  readonly forShape?: (shape: readonly number[]) => Prior;
}

/** A solver, its own options, and λ if it is fixed. */
export interface NamedSolver {
  readonly solver: string;
  readonly own: Options;
  readonly lambda?: number | "auto";
}

/** A prior and, if its spec names one, the solver to recover with. */
export interface OpenedMethod extends OpenedPrior {
  /** The prior's name, and after a comma the solver as it was named: `vae, csgm:restarts=2`. */
  readonly title: string;
  readonly named?: NamedSolver;
}

/** The options that name priors. */
export type PriorOption = "--prior" | "--kernel-prior" | "--baselines";

/** Begins the spec of the Gaussian of a sketch in --prior and --baselines; the sketch's file follows. */
const GAUSSIAN = "gaussian:";

/** The prior that an option names, for signals of `shape`: a prior folder, a baseline by its spec, gaussian:X.npz, or onnx:FILE. */
export async function openPrior(
  option: PriorOption,
  spec: string,
  shape: readonly number[],
  learned?: OpenedPrior,
): Promise<OpenedPrior> {
  const found = learned ?? (await openLearned(option, spec));
  if (!found) {
    const { openBaseline } = await import("./open-baseline.ts");
    return { name: spec, prior: await openBaseline(spec, shape) };
  }
  const prior = found.forShape?.(shape) ?? found.prior;
  if (isOfOneShape(prior)) requireShape(option, spec, prior.shape, shape);
  else if (prior.kind !== "denoiser") {
    const { acceptsShape } = await import("../../priors/patches/index.ts");
    const answer = acceptsShape(prior, shape);
    if (answer !== true) throw new InputError(`${option}: ${answer}; use a prior of such patches`);
  } else {
    const answer = prior.accepts(shape);
    if (answer !== true) throw new InputError(`${option}: ${answer}`);
  }
  return { ...found, prior };
}

/**
 * The prior that an option names, and the solver after it with its own options and λ: `vae:solver=csgm`, `vae:solver=csgm,steps=9,lambda=0.1`,
 * `wavelet:levels=2,solver=fista`. Errors (InputError): those of `openPrior`, `parseSolver` and `parseLambda`.
 */
export async function openMethod(option: PriorOption, spec: string, shape: readonly number[]): Promise<OpenedMethod> {
  const { prior, rest } = methodParts(spec);
  const opened = await openPrior(option, prior, shape);
  if (rest === undefined) return { ...opened, title: opened.name };
  const [solver = "", ...given] = rest.split(",");
  const isLambda = (part: string) => part.startsWith("lambda=");
  const own = given.filter((part) => !isLambda(part)).join(",");
  const lambda = parseLambda(given.find(isLambda)?.slice("lambda=".length), `${option}: lambda`);
  return {
    ...opened,
    title: `${opened.name}, ${[solver, given.join(",")].filter(Boolean).join(":")}`,
    named: { ...(await parseSolver(option, `${solver}:${own}`)), ...(lambda !== undefined && { lambda }) },
  };
}

/** A method's spec in two: that of its prior, and what follows `solver=`, if it names one. */
export function methodParts(spec: string): { readonly prior: string; readonly rest?: string } {
  const [, prior, rest] = /^(.+?)[:,]solver=(.*)$/.exec(spec) ?? [];
  return prior === undefined ? { prior: spec } : { prior, rest: rest! };
}

/** The prior that an option names, if it was learned; such a prior knows the shape of its signals. Undefined for a baseline. */
export async function openLearned(option: PriorOption, spec: string): Promise<OpenedPrior | undefined> {
  const { isOpenBaseline } = await import("./open-baseline.ts");
  if (isOpenBaseline(spec)) return undefined;
  if (spec.startsWith(GAUSSIAN)) {
    const [{ fitGaussian }, { shrunkenWords }, { factsOfSketch, sketchData, sketchLine }, { loadSketch }] =
      await Promise.all([
        import("../../priors/gaussian.ts"),
        import("../../priors/shrunken.ts"),
        import("../../priors/facts.ts"),
        import("../sketch/files.ts"),
      ]);
    const sketch = await loadSketch(spec.slice(GAUSSIAN.length));
    const { prior, added } = await fitGaussian(sketch);
    const facts = factsOfSketch(sketch);
    const about = ["one Gaussian", shrunkenWords({ added }), sketchLine(facts)].filter(Boolean).join("; ");
    return { name: prior.name, prior, about, sketch: sketchData(facts) };
  }
  const [{ isOnnxSpec, onnxFileOf }, { openOnnx }] = await Promise.all([
    import("./onnx-file.ts"),
    import("./onnx-prior.ts"),
  ]);
  if (isOnnxSpec(spec)) {
    const { prior, forShape, facts } = await openOnnx(spec);
    return { name: prior.name, prior, forShape, about: facts.line };
  }
  if (/\.onnx$/i.test(spec)) throw new InputError(`${option}: a network of your own is onnx:${onnxFileOf(spec)}`);
  if (!(await stat(spec).catch(() => undefined))) {
    if (/[\\/]/.test(spec)) throw new InputError(`${option}: ${spec}: no such folder; train a prior first`);
    const { baselineNames } = await import("../solve/index.ts");
    throw new InputError(
      `${option}: no folder and no baseline is called "${spec}"; ${suggestion(spec, baselineNames)}`,
    );
  }
  const { factsOf, priorOf } = await import("../../priors/learned.ts");
  const { loadTrained } = await import("./prior-folder.ts");
  const trained = await loadTrained(spec);
  const name = path.basename(path.resolve(spec));
  const { line, sketch, fromData } = factsOf(trained);
  const about = { about: line, ...(sketch && { sketch }), ...(fromData && { fromData }) };
  return { name, prior: priorOf(trained, name), ...about };
}

/** The option --centre, of commands that take penalties. */
export const centreOption = {
  type: "string",
  requiresArg: true,
  defaultDescription: "0",
  describe: "sketch, X.npz, whose mean the penalties are about: r(x − mean)",
} as const;

/** The prior as --centre says: a penalty about the mean of a sketch. Errors (InputError): a sketch of signals of another shape. */
export async function centred(prior: Prior, file: string | undefined): Promise<Prior> {
  if (file === undefined || prior.kind !== "penalty") return prior;
  const [{ loadSketch }, { mean }] = await Promise.all([import("../sketch/files.ts"), import("../sketch/index.ts")]);
  const sketch = await loadSketch(file);
  requireMeanShape("--centre", file, sketch.design.shape, prior.shape);
  return { ...prior, centre: Float32Array.from(mean(sketch)) };
}

/** Errors (InputError): a sketch of signals of another shape than those measured. */
export function requireMeanShape(
  option: string,
  file: string,
  made: readonly number[],
  shape: readonly number[],
): void {
  if (sameShape(made, shape)) return;
  throw new InputError(
    `${option}: ${file} is of signals of [${made.join(", ")}], the measured ones are [${shape.join(", ")}]`,
  );
}

/** A solver and its own options, `csgm:restarts=10,steps=1000`. Errors (InputError): an unknown name or option. */
export async function parseSolver(option: string, spec: string): Promise<NamedSolver> {
  const { solvers } = await import("../solve/index.ts");
  const [name = "", ...rest] = spec.split(":");
  const found = solvers.find((solver) => solver.name === name.trim());
  if (!found) {
    const names = solvers.map((solver) => solver.name);
    throw new InputError(`${option}: unknown solver "${name}"; ${suggestion(name, names)}`);
  }
  const { parseOptions } = await import("../data/options.ts");
  return { solver: found.name, own: parseOptions(found.name, found.options, rest.join(":")) as Options };
}

function requireShape(option: PriorOption, spec: string, made: readonly number[], shape: readonly number[]): void {
  if (sameShape(made, shape)) return;
  const sameSize = sizeOf(made) === sizeOf(shape);
  throw new InputError(
    `${option}: ${spec} makes signals of [${made.join(", ")}], the measured ones are [${shape.join(", ")}]; ` +
      (sameSize ? `give --shape ${made.join(",")}` : "use a prior trained on signals of that shape"),
  );
}
