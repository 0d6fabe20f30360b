/** The inverse of a distribution function, tabulated. */
export interface InverseCdf {
  /** The radius below which the fraction u of the mass lies, u in [0, 1). */
  at(u: number): number;
  readonly rootMeanSquare: number;
}

/** Cells of the grid. The trapezoid rule's error is about (end/GRID)²/12, 5e-7: far below any sampling error. */
const GRID = 4000;

/**
 * Inverse distribution function of a density on [0, end], which is given up to a factor. The trapezoid rule on an even grid is inverted by
 * binary search and linear interpolation. The mass beyond `end` is left out.
 */
export function inverseCdf(density: (r: number) => number, end: number): InverseCdf {
  const step = end / GRID;
  const cdf = new Float64Array(GRID + 1);
  let second = 0;
  for (let i = 1; i <= GRID; i++) {
    const [left, right] = [(i - 1) * step, i * step];
    cdf[i] = cdf[i - 1]! + (step * (density(left) + density(right))) / 2;
    second += (step * (left ** 2 * density(left) + right ** 2 * density(right))) / 2;
  }
  const mass = cdf[GRID]!;
  const at = (u: number): number => {
    const wanted = u * mass;
    let [low, high] = [0, GRID];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (cdf[middle]! <= wanted) low = middle;
      else high = middle;
    }
    return step * (low + (wanted - cdf[low]!) / (cdf[high]! - cdf[low]!));
  };
  return { at, rootMeanSquare: Math.sqrt(second / mass) };
}
