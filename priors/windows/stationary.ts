/**
 * The stationary part of a covariance C [n, n] of images [h, w] or [h, w, channels]: T_ij = (1/hw) Σ C_i'j' over all pairs of pixels that lie as i and j do, for every two
 * channels. Fewer pairs lie far apart, so that far entries are drawn to 0, which makes T a covariance (the biased autocovariance of each eigenvector of C is one).
 */
export function stationaryCovariance(covariance: Float64Array, shape: readonly number[]): Float64Array {
  const [height = 0, width = 0, channels = 1] = shape;
  const n = height * width * channels;
  const [down, across] = [2 * height - 1, 2 * width - 1];
  const sums = new Float64Array(down * across * channels * channels);
  const out = new Float64Array(n * n);
  const each = (take: (at: number, lag: number) => void) => {
    for (let i = 0; i < n; i++) {
      const [ci, pi] = [i % channels, Math.floor(i / channels)];
      const [yi, xi] = [Math.floor(pi / width), pi % width];
      for (let j = 0; j < n; j++) {
        const [cj, pj] = [j % channels, Math.floor(j / channels)];
        const lag = (yi - Math.floor(pj / width) + height - 1) * across + (xi - (pj % width) + width - 1);
        take(i * n + j, (lag * channels + ci) * channels + cj);
      }
    }
  };
  each((at, lag) => {
    sums[lag]! += covariance[at]! / (height * width);
  });
  each((at, lag) => {
    out[at] = sums[lag]!;
  });
  return out;
}
