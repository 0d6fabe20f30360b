import { isLinear } from "../../operators/operator.ts";
import type { Prior } from "../../priors/prior.ts";
import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";
import { describeOptions } from "../data/options.ts";
import { posterior } from "./gaussian/exact.ts";
import { csgm, latentPosterior } from "./latent/solvers.ts";
import { methodSolver } from "./methods/registry.ts";
import { halfQuadratic } from "./patches/half-quadratic.ts";
import { messagePassing } from "./patches/message-passing.ts";
import { sparseCoding } from "./patches/sparse-coding.ts";
import { conjugateGradients, fista, gradientDescent, primalDual, projectedGradient } from "./penalised/solvers.ts";
import { plugAndPlay } from "./plug-and-play/plug-and-play.ts";
import { red } from "./plug-and-play/red.ts";
import type { Problem } from "./problem.ts";
import type { Solver } from "./solver.ts";
import { windowPosterior } from "./windows/window-posterior.ts";

/** Every solver; the first that accepts a prior and a problem is the default. To add one: its file, its line here, its test. */
export const solvers: readonly Solver[] = [
  ...[posterior, windowPosterior, latentPosterior, csgm],
  ...[messagePassing, halfQuadratic, sparseCoding],
  ...[plugAndPlay, red],
  ...[conjugateGradients, projectedGradient, fista, primalDual, gradientDescent],
];

/**
 * The solver for a prior and a problem: the one named, or the first that accepts both. With `withLambda` it must have a λ. A baseline that is a method
 * has its own. Errors (InputError): an unknown name; a named solver that does not accept the problem, with the solvers that do; none that does, with the
 * reasons.
 */
export function chooseSolver(
  prior: Prior,
  problem: Problem,
  { name, withLambda = false }: { readonly name?: string | undefined; readonly withLambda?: boolean } = {},
): Solver {
  if (prior.kind === "method") return methodSolver(prior, problem, { name, withLambda });
  const names = solvers.map((solver) => solver.name);
  if (name !== undefined && !names.includes(name)) {
    throw new InputError(`solver: unknown solver "${name}"; ${suggestion(name, names)}`);
  }
  const candidates = solvers.filter((solver) => name === undefined || solver.name === name);
  const answers = candidates.map((solver) => ({ solver, answer: answerOf(solver, prior, problem, withLambda) }));
  const found = answers.find(({ answer }) => answer === true);
  if (found) return found.solver;
  const accepting = candidates.find((solver) => solver.accepts(prior, problem) === true);
  if (accepting) {
    throw new InputError(
      `lambda: ${accepting.name} has none, the noise of the measurements weighs the prior; leave it out`,
    );
  }
  const reasons = answers.map(({ solver, answer }) => `${solver.name}: ${answer}`).join("; ");
  const setting = `${prior.name} with ${problem.operator.name} and ${problem.noise.name}`;
  const others = solvers.filter((solver) => answerOf(solver, prior, problem, withLambda) === true);
  if (others.length === 0 && !isLinear(problem.operator)) {
    throw new InputError(
      `solver: ${problem.operator.name} is not linear, and ${prior.name} needs a linear Φ; give a generator, a mixture or a Gaussian, which csgm ` +
        "recovers",
    );
  }
  if (name === undefined || others.length === 0) throw new InputError(`solver: none takes ${setting} (${reasons})`);
  throw new InputError(
    `solver: ${name} does not take ${setting} (${answers[0]!.answer}); give ${others.map((solver) => solver.name).join(" or ")}`,
  );
}

function answerOf(solver: Solver, prior: Prior, problem: Problem, withLambda: boolean): true | string {
  const answer = solver.accepts(prior, problem);
  return answer === true && withLambda && !solver.lambda ? "has no λ" : answer;
}

/** All solvers with their options, for `--help`. */
export function describeSolvers(): string {
  const lines = solvers.flatMap(({ name, summary, options }) => [
    `  ${name.padEnd(20)} ${summary}`,
    ...describeOptions(options),
  ]);
  return ["Solvers, name:key=value,…; default: the first that accepts the prior, Φ and the noise:", ...lines].join(
    "\n",
  );
}
