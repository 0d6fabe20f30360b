/** Pairings that must not compile; tsc fails when one of the errors below is missing. Nothing here runs. */
import type { ForwardOperator } from "../../operators/operator.ts";
import { tikhonov } from "../../priors/penalties/tikhonov.ts";
import { tv } from "../../priors/penalties/tv.ts";
import { wavelet } from "../../priors/penalties/wavelet.ts";
import type { GeneratorPrior, Prior } from "../../priors/prior.ts";
import { csgm, mixturePosterior, type Problem, recover } from "../../src/solve/index.ts";
import { conjugateGradients } from "../../src/solve/penalised/conjugate-gradients.ts";
import { fista } from "../../src/solve/penalised/fista.ts";
import type { WhitenedProblem } from "../../src/solve/penalised/whitening.ts";

export const pairings = (p: WhitenedProblem, any: Problem, generator: GeneratorPrior, o: ForwardOperator, r: Prior) => [
  conjugateGradients(p, tikhonov([2])),
  fista(p, wavelet([2]), 1),
  recover({ operator: o, y: any.y, noise: 0.1 }, r),
  // @ts-expect-error TV has no proximal map in closed form
  fista(p, tv([2]), 1),
  // @ts-expect-error conjugate gradients need a quadratic penalty
  conjugateGradients(p, wavelet([2])),
  // @ts-expect-error least squares need the adjoint, so a linear operator
  conjugateGradients(any, tikhonov([2])),
  // @ts-expect-error a penalty has no latent space
  csgm(any, tv([2])),
  // @ts-expect-error a generator is no mixture
  mixturePosterior(any, generator),
  // @ts-expect-error the noise must be said
  recover({ operator: o, y: any.y }, r),
  // @ts-expect-error a misspelt option
  recover(any, r, { lamda: 1 }),
];
