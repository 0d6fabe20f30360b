import { pauses } from "../src/engine/events.ts";

/** Samples of the mean variance that each number is given, so that none is taken for certain. */
const LEANING = 5;

/**
 * The stationary part of a covariance C [n, n] of N images [h, w] or [h, w, channels], with the images' own variances s_i² = (N C_ii + 5 tr C/n)/(N + 5):
 *
 *   T_ij = s_i s_j S_cc'(lag)/√(S_cc(0) S_c'c'(0)),   S_cc'(lag) = Σ C_i'j'/(s_i' s_j') over all pairs of pixels that lie as i and j do,
 *
 * c and c' the channels of i and j. 0 for channels that do not vary. Fewer pairs lie far apart, so that far entries are drawn to 0, which makes T a covariance (the biased autocovariance of each eigenvector is one);
 * pixels that do not vary add nothing to S, so that a constant border changes no correlation. Ends with the signal's reason.
 */
export async function stationaryCovariance(
  covariance: Float64Array,
  count: number,
  shape: readonly number[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const [height = 0, width = 0, channels = 1] = shape;
  const n = height * width * channels;
  const deviations = deviationsOf(covariance, count, n);
  const across = 2 * width - 1;
  const lags = (2 * height - 1) * across;
  const place = (lag: number, ci: number, cj: number) => (lag * channels + ci) * channels + cj;
  const pause = pauses(signal);
  const each = async (take: (at: number, sum: number, unit: number) => void) => {
    for (let i = 0; i < n; i++) {
      await pause();
      const [ci, pi] = [i % channels, Math.floor(i / channels)];
      const [yi, xi] = [Math.floor(pi / width), pi % width];
      for (let j = 0; j < n; j++) {
        const [cj, pj] = [j % channels, Math.floor(j / channels)];
        const lag = (yi - Math.floor(pj / width) + height - 1) * across + (xi - (pj % width) + width - 1);
        take(i * n + j, place(lag, ci, cj), deviations[i]! * deviations[j]!);
      }
    }
  };
  const sums = new Float64Array(lags * channels * channels);
  await each((at, sum, unit) => {
    if (unit > 0) sums[sum]! += covariance[at]! / unit;
  });
  const units = new Float64Array(channels); // √S_cc(0)
  for (let c = 0; c < channels; c++) units[c] = Math.sqrt(sums[place((lags - 1) / 2, c, c)]!);
  for (let sum = 0; sum < sums.length; sum++) {
    const unit = units[Math.floor(sum / channels) % channels]! * units[sum % channels]!;
    sums[sum] = unit > 0 ? sums[sum]! / unit : 0;
  }
  const out = new Float64Array(n * n);
  await each((at, sum, unit) => {
    out[at] = sums[sum]! * unit;
  });
  return out;
}

function deviationsOf(covariance: Float64Array, count: number, n: number): Float64Array {
  const variances = new Float64Array(n);
  for (let i = 0; i < n; i++) variances[i] = Math.max(0, covariance[i * (n + 1)]!); // below 0 by rounding
  const mean = variances.reduce((sum, v) => sum + v, 0) / n;
  return variances.map((v) => Math.sqrt((count * v + LEANING * mean) / (count + LEANING)));
}
