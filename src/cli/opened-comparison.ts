import type { NdArray } from "ndarray";
import type { Method } from "../compare/method.ts";
import { InputError } from "../data/errors.ts";
import type { Context } from "./command.ts";
import { settingsOf, sweptSettings } from "./compared-settings.ts";
import { type SignalArgs, signalsOf } from "./compared-signals.ts";
import { parseRange, requireInteger } from "./options.ts";
import { centred, type OpenedMethod, openMethod, requireMeanShape } from "./recovering.ts";
import { piecesOf, type Span } from "./sharding.ts";

/** What a command line of `compare` says of the comparison. */
export interface ComparisonArgs extends SignalArgs {
  readonly operator: readonly string[];
  readonly noise: readonly string[];
  readonly prior: readonly string[] | undefined;
  readonly baselines: string | undefined;
  readonly draws: number;
  readonly lambda: string | undefined;
  readonly centre: string | undefined;
  readonly range: string | undefined;
}

/** Opens the data and all methods, measures, and tries whether a solver takes every problem. Errors (InputError): all that can be wrong before anything is solved. */
export async function openComparison(
  args: ComparisonArgs,
  { seed, signal, progress }: Pick<Context, "seed" | "signal" | "progress">,
) {
  requireInteger("limit", args.limit);
  requireInteger("from", args.from, 0);
  requireInteger("tune-count", args["tune-count"], 0);
  requireInteger("draws", args.draws);
  if (args.shuffle && args.from > 0) throw new InputError("--from: signals at random have no first one; leave it out");
  const wanted = [
    ...(args.prior ?? []).map((spec) => ({ option: "--prior" as const, spec })),
    ...(await baselineList(args.baselines)).map((spec) => ({ option: "--baselines" as const, spec })),
  ];
  if (wanted.length === 0) throw new InputError("compare: no method; give --prior or --baselines");
  const settings = sweptSettings(settingsOf(args));
  const { openDataset } = await import("../data/dataset.ts");
  const dataset = await openDataset(args.data);
  const { openNoise, openOperator } = await import("../measure/index.ts");
  const { shape } = dataset;
  for (const { operator, noise } of settings) {
    await openOperator(operator, { shape, seed }); // reports errors before anything is read
    await openNoise(noise);
  }
  if (args.lambda !== undefined && args.tune !== undefined) {
    throw new InputError("--tune: chooses λ on other signals, and --lambda auto without; give one of the two");
  }
  const automatic = args.lambda !== undefined;
  const { truth, tuning } = await signalsOf(dataset, args, automatic ? 0 : args["tune-count"], seed);
  const known = [truth, ...(tuning ? [tuning.signals] : [])];
  const range = args.range === undefined ? await unitRange(known) : parseRange(args.range);
  const { measuredIdentity, methodIdentity } = await import("./identities.ts");
  const priors: ((OpenedMethod & { readonly identity: string }) | Method)[] = [];
  for (const { option, spec } of wanted) {
    const identity = await methodIdentity({ spec, seed, automatic, centre: args.centre, tuning: tuning?.signals });
    const constant = await constantOf(spec, shape, identity);
    const opened = constant ? undefined : await openMethod(option, spec, shape);
    priors.push(constant ?? { ...opened!, identity, prior: await centred(opened!.prior, args.centre) });
  }
  const [{ methodOf }, { measure }, { chooseSolver, problemOf }] = await Promise.all([
    import("../compare/method.ts"),
    import("../measure/index.ts"),
    import("../solve/index.ts"),
  ]);
  const options = {
    ...{ seed, signal, watch: progress },
    ...(tuning && { tuning: tuning.signals }),
    ...(automatic && { lambda: "auto" as const }),
  };
  const methods = priors.map((one) =>
    "prior" in one ? methodOf(one.title, one.prior, { ...options, ...one.named, identity: one.identity }) : one,
  );

  const problems = [];
  const measured: string[] = [];
  for (const setting of settings) {
    const draws = [];
    measured.push(await measuredIdentity(setting, seed, args.draws));
    for (let own = seed; own < seed + args.draws; own++) {
      const operator = await openOperator(setting.operator, { shape, seed: own });
      const { y, noise } = await measure(truth, operator, { noise: await openNoise(setting.noise), seed: own });
      draws.push(problemOf({ operator, y, noise, ...(range && { range }) }));
    }
    problems.push(draws);
  }
  const learned = priors.flatMap((one) => ("prior" in one ? [one] : []));
  for (const [problem] of problems) {
    for (const { prior, named } of learned)
      chooseSolver(prior, problem!, { name: named?.solver, withLambda: typeof named?.lambda === "number" }); // before anything is solved
  }
  return { dataset, truth, tuning, automatic, range, learned, methods, problems, measured };
}

/** The results of part i of n. Errors (InputError): a shard that is none, more parts than results. */
export function cellsOf(
  { problems, methods }: { readonly problems: readonly unknown[]; readonly methods: readonly unknown[] },
  shard: string,
): Span {
  const cells = problems.length * methods.length;
  const what = `${methods.length} methods on ${problems.length} problems are ${cells} results`;
  return piecesOf(shard, cells, () => `${what}: at most ${cells} parts; give fewer`);
}

/**
 * The specs of --baselines. Commas separate baselines, and also the options of one baseline. A part key=value without a colon is an
 * option of the baseline before it. Errors (InputError): an option without a baseline before it.
 */
async function baselineList(text: string | undefined): Promise<readonly string[]> {
  if (text === undefined) return (await import("../../priors/registry.ts")).defaultBaselines;
  if (text === "none") return [];
  const specs: string[] = [];
  for (const part of text.split(",").map((name) => name.trim())) {
    if (part === "") continue;
    if (!/^[^:]*=/.test(part)) {
      specs.push(part);
      continue;
    }
    const before = specs.pop();
    if (before === undefined) {
      throw new InputError(
        `--baselines: ${part} is an option without a baseline; write wavelet:${part}, or leave it out`,
      );
    }
    specs.push(`${before}${before.includes(":") ? "," : ":"}${part}`);
  }
  return specs;
}

/** The methods that ignore the measurements: `zero`, and `mean:X.npz`, the mean of a sketch. Undefined for another spec. */
async function constantOf(spec: string, shape: readonly number[], identity: string): Promise<Method | undefined> {
  if (spec !== "zero" && !spec.startsWith("mean:")) return undefined;
  const { constantMethod } = await import("../compare/method.ts");
  if (spec === "zero") return constantMethod(spec, 0, identity);
  const [{ loadSketch }, { mean }] = await Promise.all([import("../sketch/files.ts"), import("../sketch/index.ts")]);
  const sketch = await loadSketch(spec.slice("mean:".length));
  requireMeanShape("--baselines", spec, sketch.design.shape, shape);
  return constantMethod("mean", mean(sketch), identity);
}

/** [0, 1], the range of pictures, if all signals lie in it. */
async function unitRange(signals: readonly NdArray<Float32Array>[]): Promise<readonly [0, 1] | undefined> {
  const { liesIn } = await import("../data/range.ts");
  return signals.every((known) => liesIn(known, [0, 1])) ? [0, 1] : undefined;
}
