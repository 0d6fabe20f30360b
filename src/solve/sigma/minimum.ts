const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The x between low and high where f is least: a grid of `points` values, then golden sections around the best of them. */
export async function minimum(
  f: (x: number) => Promise<number>,
  { low, high, points, tolerance }: { low: number; high: number; points: number; tolerance: number },
): Promise<number> {
  const step = (high - low) / (points - 1);
  let best = { x: low, value: Number.POSITIVE_INFINITY };
  for (let i = 0; i < points; i++) {
    const x = low + i * step;
    const value = await f(x);
    if (value < best.value) best = { x, value };
  }
  let [left, right] = [Math.max(low, best.x - step), Math.min(high, best.x + step)];
  let [a, b] = [right - GOLDEN * (right - left), left + GOLDEN * (right - left)];
  let [atA, atB] = [await f(a), await f(b)];
  while (right - left > tolerance) {
    if (atA < atB) {
      [right, b, atB] = [b, a, atA];
      a = right - GOLDEN * (right - left);
      atA = await f(a);
    } else {
      [left, a, atA] = [a, b, atB];
      b = left + GOLDEN * (right - left);
      atB = await f(b);
    }
  }
  return (left + right) / 2;
}
