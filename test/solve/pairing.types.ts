/** Pairings that must not compile; tsc fails when one of the errors below is missing. Nothing here runs. */
import type { ForwardOperator, LinearOperator } from "../../operators/operator.ts";
import { tikhonov } from "../../priors/penalties/tikhonov.ts";
import { tv } from "../../priors/penalties/tv.ts";
import { wavelet } from "../../priors/penalties/wavelet.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import type { Measurements } from "../../src/measure/index.ts";
import { recoverWithPenalty } from "../../src/solve/baseline.ts";
import { conjugateGradients } from "../../src/solve/conjugate-gradients.ts";
import { fista } from "../../src/solve/fista.ts";
import { recoverLatent } from "../../src/solve/latent.ts";
import { primalDual } from "../../src/solve/primal-dual.ts";

export const pairings = (linear: LinearOperator, any: ForwardOperator, generator: GeneratorPrior, m: Measurements) => [
  conjugateGradients(linear, tikhonov([2])),
  fista(linear, wavelet([2]), 1),
  primalDual(linear, tv([2]), { norm: 1, frobenius: 1 }),
  // @ts-expect-error TV has no proximal map in closed form
  fista(linear, tv([2]), 1),
  // @ts-expect-error conjugate gradients need a quadratic penalty
  conjugateGradients(linear, wavelet([2])),
  // @ts-expect-error Tikhonov is no norm of features
  primalDual(linear, tikhonov([2]), { norm: 1, frobenius: 1 }),
  // @ts-expect-error a generator is searched in its latent space, not penalised
  recoverWithPenalty(linear, generator, m.y, { lambda: 1 }),
  // @ts-expect-error baselines need the adjoint, so a linear operator
  recoverWithPenalty(any, tv([2]), m.y, { lambda: 1 }),
  // @ts-expect-error λ must be chosen
  recoverWithPenalty(linear, tv([2]), m.y, {}),
  // @ts-expect-error a penalty has no latent space
  recoverLatent(linear, tv([2]), m.y),
];
