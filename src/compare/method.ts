import type { NdArray } from "ndarray";
import type { Prior } from "../../priors/prior.ts";
import type { Progress } from "../engine/iterate.ts";
import { measure } from "../measure/index.ts";
import { chooseSolver, type Problem, problemOf, type Recovery, recover, tuneLambda } from "../solve/index.ts";
import type { RecoverOptions } from "../solve/recover.ts";

/** Runs a long task under a label and hands it the progress callback; the command line shows a bar. */
export type Watch = <T>(label: string, task: (onProgress: (progress: Progress) => void) => Promise<T>) => Promise<T>;

/** A recovery method as a comparison sees it: a problem in, a recovery out. */
export interface Method {
  /** Column title: `tikhonov`, `digits`. */
  readonly name: string;
  recover(problem: Problem): Promise<Recovery>;
}

export interface MethodOptions extends Omit<RecoverOptions, "onProgress"> {
  /** Training signals [n, ...shape] on which λ is chosen for every problem where none is given; never the reported ones. */
  readonly tuning?: NdArray<Float32Array>;
  readonly watch?: Watch;
}

export const unwatched: Watch = (_, task) => task(() => {});

/** Where tuning signals get their noise from: a seed apart from the reported ones'. */
const TUNING_SEED_STEP = 1_000_003;

/**
 * A prior as a method: `recover` with it. Solvers with a λ get the one given, else the one that is best on the tuning signals
 * (`tuneLambda`), measured as the problem was, else their default.
 */
export function methodOf(name: string, prior: Prior, options: MethodOptions = {}): Method {
  const { tuning, watch = unwatched, ...rest } = options;
  const { seed = 1, signal, own } = rest;
  return {
    name,
    recover: async (problem) => {
      const solver = chooseSolver(prior, problem, {
        name: rest.solver,
        withLambda: rest.lambda !== undefined && rest.lambda !== "auto",
      });
      const { operator, noise, range } = problem;
      const lambda =
        rest.lambda ??
        (solver.lambda && tuning
          ? await watch(`${name}, ${operator.name}`, async (onProgress) => {
              const { y } = await measure(tuning, operator, { noise, seed: seed + TUNING_SEED_STEP });
              const training = problemOf({ operator, y, noise, ...(range && { range }) });
              const settings = { seed, onProgress, ...(signal && { signal }), ...(own && { own }) };
              return (await tuneLambda(solver, training, prior, tuning, settings)).lambda;
            })
          : undefined);
      return watch(`${name}, ${operator.name}`, (onProgress) =>
        recover(problem, prior, { ...rest, ...(lambda !== undefined && { lambda }), onProgress }),
      );
    },
  };
}
