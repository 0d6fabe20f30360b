import { tikhonov } from "../../../priors/penalties/tikhonov.ts";
import { conjugateGradients } from "../penalised/conjugate-gradients.ts";
import { solvePenalised } from "../penalised/penalised.ts";
import { sizeOfOperator } from "../penalised/size.ts";
import { whitenedProblem } from "../penalised/whitening.ts";
import { all, hasGaussianNoise, isLinearProblem } from "../requirements.ts";
import { recoveryMethod } from "./method.ts";

/** λ of ‖x‖² as a part of ‖Φ‖². It stands for 0. */
const LEAST = 1e-6;
/** Most compiled steps. Masks and transforms need one; blurs and tomography, which would need hundreds, only amplify the noise in them. */
const STEPS = 25;

/**
 * What Φ does not see is 0: of all signals that fit y best, the one of least norm, x̂ = Φ⁺y. For masks and coefficients of an orthonormal transform that is
 * Φ'y: what was measured in its place, 0 everywhere else, as MRI's zero-filled reconstruction. (Of a real image, the Fourier coefficient of −k is
 * known with that of k.)
 *
 * Computed as argmin ½‖y − Φx‖² + λ‖x‖² with λ = 1e-6‖Φ‖² by conjugate gradients. So a direction of singular value s is scaled by
 * s²/(s² + 2λ): half of it at s = 1.4e-3‖Φ‖, which keeps the noise of nearly blind directions within bounds.
 */
export const zeroFilled = recoveryMethod({
  summary: "what Φ does not see is 0, the least norm Φ⁺y: zero-filled Fourier coefficients, black pixels",
  options: {},
  samples: [
    { shape: [8, 6], operator: "fourier:acceleration=2", spec: "zero-filled" },
    { shape: [7, 5, 2], operator: "mask:keep=0.5", spec: "zero-filled" },
    { shape: [9], operator: "gaussian:m=4", spec: "zero-filled" },
  ],
  accepts: (problem) => all(isLinearProblem(problem), hasGaussianNoise(problem)),
  solve: async (problem, _, { onProgress, signal }) => {
    const whitened = whitenedProblem(problem);
    const { norm } = await sizeOfOperator(whitened.operator);
    const penalty = tikhonov(problem.shape);
    const watched = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
    const method = conjugateGradients(whitened, penalty);
    const own = { steps: STEPS };
    return solvePenalised(whitened, penalty, method, { ...watched, own, lambda: LEAST * norm ** 2 || LEAST });
  },
});
