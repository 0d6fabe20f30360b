/**
 * Recovery of signals from measurements. Start at `recover` (recover.ts): a `Problem` (problem.ts) and a prior go in, a `Recovery`
 * (recovery.ts) comes out. `solvers` (registry.ts) lists all solvers, each a `Solver` (solver.ts). They form families:
 *
 * - gaussian/: mixtures and Gaussians, whose posterior is exact for a linear Φ and Gaussian noise;
 * - latent/: generators, searched in latent space;
 * - penalised/: penalties λ r(x), by conjugate gradients, FISTA or primal–dual iterations, and learned regularisers, by gradient descent;
 * - patches/: priors of patches and dictionaries, by half-quadratic splitting;
 * - plug-and-play/: denoisers;
 * - blind/: a blurred image and its unknown kernel, by the families above.
 *
 * methods/ has baselines that are a way to recover, without a prior that another solver could take: each is its own solver. baselines.ts lists these and
 * the penalties.
 *
 * lambda/ chooses λ, on training signals (tune) or from the measurements alone (auto); sigma/ estimates σ.
 */
export { baselineNames, isBaseline, parseBaseline } from "./baselines.ts";
export { type BlindOptions, type BlindRecovery, blindDeconvolution } from "./blind/blind-deconvolution.ts";
export { boxConstrainedMode, type ConstrainedMode } from "./gaussian/box-constrained-mode.ts";
export { type MixturePosterior, mixturePosterior } from "./gaussian/mixture-posterior.ts";
export { type AutoLambda, autoLambda } from "./lambda/auto.ts";
export { type LambdaChoice, type TuneOptions, tuneLambda } from "./lambda/tune.ts";
export { type CsgmOptions, type CsgmRecovery, csgm, generate } from "./latent/csgm.ts";
export { type LatentPosteriorOptions, type LatentPosteriorRecovery, latentPosterior } from "./latent/posterior.ts";
export type { GivenStarts } from "./latent/starts.ts";
export { type Problem, problemOf } from "./problem.ts";
export { type Given, type RecoverOptions, recover } from "./recover.ts";
export type { Chosen, Outcome, Raised, Recovery } from "./recovery.ts";
export { chooseSolver, describeSolvers, solvers } from "./registry.ts";
export { type EstimatedSigma, estimateSigma } from "./sigma/estimate.ts";
export type { SolveOptions, Solver } from "./solver.ts";
