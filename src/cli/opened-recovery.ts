import { isOfOneShape } from "../../priors/prior.ts";
import { sameShape } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import type { RecoveryArgs } from "./identities.ts";
import { numberList, parseLambda, parseRange, requireInteger } from "./options.ts";
import { batchesIn, PART_BATCH, rowsOf } from "./recovered-batches.ts";
import { centred, type NamedSolver, openLearned, openPrior, parseSolver } from "./recovering.ts";
import type { Span } from "./sharding.ts";
import { firstRows } from "./signals.ts";

/** What a command line of `reconstruct` says of the recovery. */
export interface OpenRecoveryArgs extends RecoveryArgs {
  readonly measurements: string;
  readonly operator: string | undefined;
  readonly noise: string | undefined;
  readonly shape: string | undefined;
  readonly tune: string | undefined;
  readonly "tune-count": number;
  readonly batch: number | undefined;
  readonly shard: string | undefined;
}

/** Opens all that a recovery needs, and tries whether a solver takes it. Errors (InputError): all that can be wrong before anything is recovered. */
export async function openRecovery(
  args: OpenRecoveryArgs,
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
) {
  if (args.lambda !== undefined && args.tune !== undefined) {
    throw new InputError("--tune: chooses λ, and --lambda fixes it; give one of the two");
  }
  const lambda = parseLambda(args.lambda);
  requireInteger("tune-count", args["tune-count"]);
  if (args.samples !== undefined) requireInteger("samples", args.samples);
  if (args.batch !== undefined) requireInteger("batch", args.batch);
  const range = parseRange(args.range);
  const learned = await openLearned("--prior", args.prior);
  const known = learned && isOfOneShape(learned.prior) ? learned.prior.shape : undefined;
  const shape = args.shape === undefined ? known : numberList("shape", args.shape);
  const { openMeasurements } = await import("../measure/index.ts");
  const measurements = await openMeasurements(args.measurements, {
    seed,
    ...(args.operator !== undefined && { operator: args.operator }),
    ...(args.noise !== undefined && { noise: args.noise }),
    ...(shape && (args.shape ?? args.operator) !== undefined && { shape }), // measurement files know theirs
  });
  const { operator, y, noise } = measurements;
  const { name, prior: opened } = await openPrior("--prior", args.prior, operator.inShape, learned);
  const prior = await centred(opened, args.centre);
  const solver: Partial<NamedSolver> = args.solver === undefined ? {} : await parseSolver("--solver", args.solver);
  const [{ chooseSolver }, { problemFor }] = await Promise.all([
    import("../solve/index.ts"),
    import("../solve/recover.ts"),
  ]);
  const count = y.shape[0]!;
  const size = Math.min(count, args.batch ?? (args.shard === undefined ? count : PART_BATCH));
  const batches = batchesIn(count, size, args.shard);
  const problemOf = ({ from, to }: Span) =>
    problemFor({ operator, y: rowsOf(y, from, to), noise, ...(range && { range }) }, prior, { seed, signal });
  const first = await problemOf(batches[0]!);
  const chosen = chooseSolver(prior, first, {
    name: solver.solver,
    withLambda: lambda !== undefined && lambda !== "auto",
  });
  const tuning =
    args.tune === undefined ? undefined : await tuningSignals(args.tune, args["tune-count"], operator.inShape);
  return { ...measurements, range, lambda, solver, name, prior, size, batches, problemOf, first, chosen, tuning };
}

async function tuningSignals(spec: string, count: number, shape: readonly number[]) {
  const { openDataset } = await import("../data/dataset.ts");
  const dataset = await openDataset(spec);
  if (!sameShape(dataset.shape, shape)) {
    throw new InputError(
      `--tune: ${dataset.name} holds signals of [${dataset.shape.join(", ")}], the measured ones are [${shape.join(", ")}]`,
    );
  }
  return firstRows(dataset, 0, count);
}
