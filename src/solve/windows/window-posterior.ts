import type { WindowPrior } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";
import { type Window, windowSizes, windowTilings } from "../../data/windows.ts";
import { pauses } from "../../engine/events.ts";
import { productTransposed } from "../../engine/float64.ts";
import { intoBox } from "../gaussian/into-box.ts";
import { usedSigma } from "../gaussian/measurement-covariance.ts";
import type { Problem } from "../problem.ts";
import type { Outcome, Solved } from "../recovery.ts";
import { all, hasGaussianNoise, isLinearProblem, linearOperatorOf, requireSignalShape } from "../requirements.ts";
import { isFiniteRow } from "../rows.ts";
import type { Solver } from "../solver.ts";
import { componentsOf } from "./components.ts";
import { type Joined, joined } from "./joined.ts";
import { addSite, type Sites } from "./sites.ts";
import { type Tilted, tiltedWindows } from "./tilted.ts";
import { definiteRoot, type WholePosterior, wholePosterior } from "./whole.ts";

/**
 * The posterior of a Gaussian whose windows are mixtures, by one step of expectation propagation (Minka 2001): N(x̄, V) is the Gaussian's posterior; each window's moments are computed as if it alone were a
 * mixture (tilted.ts); the Gaussian factors that give it these moments (sites.ts), weighed by one over the number of tilings, are multiplied with N(x̄, V). The estimate is the mean of the product; if the range of
 * signals is known, its box-constrained mode. Of one component that is the Gaussian's own marginal, it is the Gaussian's posterior. Further steps made it worse, for neighbouring windows then count the same measurements twice. Its variances are too small, and are not given.
 */
export const windowPosterior: Solver<WindowPrior> = {
  name: "window-posterior",
  summary:
    "the posterior of windows that are mixtures, by one step of expectation propagation; with --range the box-constrained mode",
  options: {},
  uncertainty: false,

  accepts: (prior, problem) =>
    prior.kind === "windows"
      ? all(isLinearProblem(problem), hasGaussianNoise(problem))
      : `${prior.name} is no prior of windows`,

  solve: async (problem, prior, { onProgress, signal }): Promise<Solved> => {
    requireSignalShape("window-posterior", prior, problem);
    const whole = await wholePosterior(problem, linearOperatorOf("window-posterior", problem), prior, signal);
    const { n } = whole;
    const batch = problem.y.shape[0]!;
    const onStep = (done: number, windows: number) =>
      onProgress?.({ step: done, maxSteps: windows + batch, objective: Number.NaN });
    const windows = await allWindows(prior, whole, signal, onStep);
    const estimate = new Float32Array(batch * n);
    const outcomes: Outcome[] = [];
    for (let i = 0; i < batch; i++) {
      const found = await joined(
        whole.means.slice(i * n, (i + 1) * n),
        whole.root,
        await sitesOf(windows, i, n, signal),
        signal,
      );
      const own = estimate.subarray(i * n, (i + 1) * n);
      own.set(found.mean);
      const outcome = await intoRange(own, found, problem);
      outcomes.push(isFiniteRow(estimate, i, batch) ? outcome : "non-finite");
      onStep(windows.length + i + 1, windows.length);
    }
    return {
      estimate: fromHost(estimate, [batch, ...prior.shape]),
      outcomes,
      chosen: { solver: "window-posterior", noise: problem.noise.name, ...usedSigma(whole.measured) },
      ...{ warnings: [], steps: 1, history: [] },
    };
  },
};

/** A window, its root L under the Gaussian's posterior, the weight of its site, and the moments of every signal. */
interface TiltedWindow {
  readonly pixels: Int32Array;
  readonly root: Float64Array;
  readonly weight: number;
  readonly tilted: readonly Tilted[];
}

/** The windows of all tilings. */
async function allWindows(
  prior: WindowPrior,
  whole: WholePosterior,
  signal: AbortSignal | undefined,
  onStep: (done: number, total: number) => void,
): Promise<TiltedWindow[]> {
  const tilings = windowTilings(windowSizes(prior.shape, prior.side));
  const windows = tilings.flat();
  const components = componentsOf(prior);
  const pause = pauses(signal);
  const out: TiltedWindow[] = [];
  for (const window of windows) {
    await pause();
    const { pixels, inside, place } = window;
    const root = await definiteRoot(square(whole.covariance, whole.n, pixels), pixels.length);
    const own = {
      root,
      mean: Float64Array.from(pixels, (p) => prior.mean[p]!),
      covariance: square(prior.covariance, whole.n, pixels),
      posteriorMeans: inWindow(whole, window),
    };
    const count = prior.weights.shape[1]!;
    const weights = prior.weights.data.subarray(place * count, (place + 1) * count);
    out.push({
      pixels,
      root,
      weight: 1 / tilings.length,
      tilted: await tiltedWindows(own, await components(inside, pause), weights, pause),
    });
    onStep(out.length, windows.length);
  }
  return out;
}

/** The rows and columns of some pixels of a matrix [n, n]. */
const square = (matrix: Float64Array, n: number, pixels: Int32Array): Float64Array =>
  Float64Array.from(
    { length: pixels.length ** 2 },
    (_, at) => matrix[pixels[Math.floor(at / pixels.length)]! * n + pixels[at % pixels.length]!]!,
  );

/** x̄ of a window of every signal, [batch, d]. */
function inWindow({ means, n }: WholePosterior, { pixels }: Window): Float64Array {
  const d = pixels.length;
  return Float64Array.from(
    { length: (means.length / n) * d },
    (_, at) => means[Math.floor(at / d) * n + pixels[at % d]!]!,
  );
}

/** What all windows say of signal i. */
async function sitesOf(
  windows: readonly TiltedWindow[],
  i: number,
  n: number,
  signal: AbortSignal | undefined,
): Promise<Sites> {
  const pause = pauses(signal);
  const sites = { precision: new Float64Array(n * n), pull: new Float64Array(n) };
  for (const window of windows) {
    addSite(sites, window.tilted[i]!, window);
    await pause();
  }
  return sites;
}

/** The box-constrained mode of N(x, HHᵀ), written over x; without a range x stays. */
async function intoRange(x: Float32Array, { root }: Joined, { range }: Problem): Promise<Outcome> {
  if (!range) return "completed"; // one step, of which no distance from a solution is known
  const n = x.length;
  const covariance = Float32Array.from(await productTransposed(root, root, n));
  return intoBox(x, (p) => covariance.subarray(p * n, (p + 1) * n), range[0], range[1]);
}
