import type { NdArray } from "ndarray";
import type { Prior } from "../../priors/prior.ts";
import { fromHost, sizeOf } from "../data/array.ts";
import type { Progress } from "../engine/iterate.ts";
import { measure } from "../measure/index.ts";
import {
  chooseSolver,
  type LambdaChoice,
  type Problem,
  problemOf,
  type Recovery,
  recover,
  type Solver,
  tuneLambda,
} from "../solve/index.ts";
import type { RecoverOptions } from "../solve/recover.ts";

/** Runs a long task under a label and hands it the progress callback; the command line shows a bar. */
export type Watch = <T>(label: string, task: (onProgress: (progress: Progress) => void) => Promise<T>) => Promise<T>;

/** A recovery method in a comparison: it takes a problem and returns a recovery. */
export interface Method {
  /** Column title: `tikhonov`, `digits`. */
  readonly name: string;
  /**
   * A hash of all that its results follow from besides the problem: the prior, the solver with its options, λ or what chooses it, the seed,
   * the version of the program. Without it, its finished cells are not kept (`CompareOptions.cells`).
   */
  readonly identity?: string;
  recover(problem: Problem): Promise<Recovery>;
}

export interface MethodOptions extends Omit<RecoverOptions, "onProgress"> {
  /** Training signals [n, ...shape], never the reported ones. If no λ is given, it is chosen on them for every problem. */
  readonly tuning?: NdArray<Float32Array>;
  readonly watch?: Watch;
  readonly identity?: string;
}

/** A method that ignores the measurements and always gives the same signal [...shape] or number. Any other should be better. */
export function constantMethod(name: string, value: number | ArrayLike<number>, identity?: string): Method {
  return {
    name,
    ...(identity !== undefined && { identity }),
    recover: async ({ y, shape, noise }) => {
      const [batch, n] = [y.shape[0]!, sizeOf(shape)];
      const data = Float32Array.from({ length: batch * n }, (_, at) =>
        typeof value === "number" ? value : value[at % n]!,
      );
      return {
        estimate: fromHost(data, [batch, ...shape]),
        outcomes: new Array(batch).fill("exact"),
        chosen: { solver: name, noise: noise.name, sigma: noise.sigma },
        ...{ warnings: [], steps: 0, history: [], seconds: 0 },
      };
    },
  };
}

export const unwatched: Watch = (_, task) => task(() => {});

/** Added to the seed for the noise of tuning signals, so that it differs from the noise of the reported ones. */
const TUNING_SEED_STEP = 1_000_003;

/**
 * A prior as a method: it calls `recover` with it. A solver with a λ gets the λ that is given; else the one that is best on the tuning
 * signals (`tuneLambda`), measured as the problem was; else its default. The λ chosen for the first draw of an operator and its noise is
 * used for the other draws too.
 */
export function methodOf(name: string, prior: Prior, options: MethodOptions = {}): Method {
  const { tuning, identity, watch = unwatched, ...rest } = options;
  const { seed = 1, signal, own } = rest;
  const tuned = new Map<string, Promise<LambdaChoice>>();
  const tunedFor = (problem: Problem, solver: Solver, truth: NdArray<Float32Array>): Promise<LambdaChoice> => {
    const { operator, noise, range } = problem;
    const setting = `${operator.name} ${noise.name}`;
    const known = tuned.get(setting);
    if (known) return known;
    const choice = watch(`${name}, ${operator.name}`, async (onProgress) => {
      const { y } = await measure(truth, operator, { noise, seed: seed + TUNING_SEED_STEP });
      const training = problemOf({ operator, y, noise, ...(range && { range }) });
      const settings = { seed, onProgress, ...(signal && { signal }), ...(own && { own }) };
      return tuneLambda(solver, training, prior, truth, settings);
    });
    tuned.set(setting, choice);
    return choice;
  };
  return {
    name,
    ...(identity !== undefined && { identity }),
    recover: async (problem) => {
      const solver = chooseSolver(prior, problem, {
        name: rest.solver,
        withLambda: rest.lambda !== undefined && rest.lambda !== "auto",
      });
      const choice =
        rest.lambda === undefined && solver.lambda && tuning ? await tunedFor(problem, solver, tuning) : undefined;
      const lambda = rest.lambda ?? choice?.lambda;
      const found = await watch(`${name}, ${problem.operator.name}`, (onProgress) =>
        recover(problem, prior, { ...rest, ...(lambda !== undefined && { lambda }), onProgress }),
      );
      return choice ? { ...found, warnings: [...choice.warnings, ...found.warnings] } : found;
    },
  };
}
