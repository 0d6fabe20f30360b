import { raisedCholesky } from "../../../priors/raised-cholesky.ts";
import { trace } from "../../data/linalg.ts";

/** Part of its mean variance that is added to the variances of a covariance, and more if that does not make it definite. */
const RAISE = 1e-5;
const MORE = [0, 1e-4, 1e-3, 1e-2];
/** The mean variance that stands for 0. */
const TINY = 1e-10;

/** L of a covariance [size, size] whose diagonal is raised, also where nothing varies. */
export function definite(covariance: Float64Array, size: number, signal?: AbortSignal): Promise<Float64Array> {
  const mean = trace(covariance, size) / size || TINY;
  const raised = covariance.slice();
  for (let i = 0; i < size; i++) raised[i * (size + 1)]! += RAISE * mean;
  return raisedCholesky(
    raised,
    size,
    MORE.map((part) => () => part * mean),
    signal,
  );
}
