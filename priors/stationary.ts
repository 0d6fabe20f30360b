/** Samples of the mean variance that each number is given, so that none is taken for certain. */
const LEANING = 5;

/**
 * The stationary part of a covariance C [n, n] of N images [h, w] or [h, w, channels], with the images' own variances: in units of the deviations s_i² = (N C_ii + 5 tr C/n)/(N + 5),
 *
 *   T_ij = s_i s_j (1/hw) Σ C_i'j'/(s_i' s_j') over all pairs of pixels that lie as i and j do, for every two channels.
 *
 * 0 for images that do not vary. Fewer pairs lie far apart, so that far entries are drawn to 0, which makes T a covariance (the biased autocovariance of each eigenvector is one).
 */
export function stationaryCovariance(covariance: Float64Array, count: number, shape: readonly number[]): Float64Array {
  const [height = 0, width = 0, channels = 1] = shape;
  const n = height * width * channels;
  const deviations = deviationsOf(covariance, count, n);
  const [down, across] = [2 * height - 1, 2 * width - 1];
  const sums = new Float64Array(down * across * channels * channels);
  const out = new Float64Array(n * n);
  const each = (take: (at: number, lag: number, unit: number) => void) => {
    for (let i = 0; i < n; i++) {
      const [ci, pi] = [i % channels, Math.floor(i / channels)];
      const [yi, xi] = [Math.floor(pi / width), pi % width];
      for (let j = 0; j < n; j++) {
        const [cj, pj] = [j % channels, Math.floor(j / channels)];
        const lag = (yi - Math.floor(pj / width) + height - 1) * across + (xi - (pj % width) + width - 1);
        take(i * n + j, (lag * channels + ci) * channels + cj, deviations[i]! * deviations[j]!);
      }
    }
  };
  each((at, lag, unit) => {
    if (unit > 0) sums[lag]! += covariance[at]! / (unit * height * width);
  });
  each((at, lag, unit) => {
    out[at] = sums[lag]! * unit;
  });
  return out;
}

function deviationsOf(covariance: Float64Array, count: number, n: number): Float64Array {
  const variances = Float64Array.from({ length: n }, (_, i) => Math.max(0, covariance[i * (n + 1)]!)); // below 0 by rounding
  const mean = variances.reduce((sum, v) => sum + v, 0) / n;
  return variances.map((v) => Math.sqrt((count * v + LEANING * mean) / (count + LEANING)));
}
