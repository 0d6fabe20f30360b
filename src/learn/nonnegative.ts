/**
 * argmin_{a ≥ 0} aᵀGa − 2bᵀa for a Gram matrix G [k, k] and b [k]: non-negative least squares from the normal equations, by the active sets of Lawson and
 * Hanson (1974, chapter 23; the form of Bro and de Jong 1997). For k of some ten.
 */
export function nonnegative(gram: Float64Array, b: Float64Array): Float64Array {
  const k = b.length;
  const a = new Float64Array(k);
  const free: number[] = [];
  const scale = Math.max(...b.map(Math.abs), Number.MIN_VALUE);
  for (let round = 0; round < 3 * k; round++) {
    const slopes = Float64Array.from(b, (v, i) => a.reduce((sum, w, j) => sum - gram[i * k + j]! * w, v));
    const best = slopes.reduce((at, v, i) => (!free.includes(i) && (at < 0 || v > slopes[at]!) ? i : at), -1);
    if (best < 0 || !(slopes[best]! > 1e-12 * scale)) break;
    free.push(best);
    for (;;) {
      const solved = solveOn(gram, b, free);
      if (solved.every((v) => v > 0)) {
        a.fill(0);
        for (const [at, i] of free.entries()) a[i] = solved[at]!;
        break;
      }
      // as far towards the solution as all stay at least 0; those that reach 0 are no longer free
      let length = 1;
      for (const [at, i] of free.entries())
        if (solved[at]! <= 0) length = Math.min(length, a[i]! / (a[i]! - solved[at]!));
      for (const [at, i] of free.entries()) a[i]! += length * (solved[at]! - a[i]!);
      const left = free.filter((i, at) => solved[at]! > 0 || a[i]! > 1e-14 * scale);
      if (left.length === free.length)
        left.splice(
          solved.findIndex((v) => v <= 0),
          1,
        );
      for (const i of free) if (!left.includes(i)) a[i] = 0;
      free.splice(0, free.length, ...left);
      if (free.length === 0) break;
    }
  }
  return a;
}

/** The solution of the normal equations on some of the unknowns, by Cholesky's factorisation with a little of the diagonal added. */
function solveOn(gram: Float64Array, b: Float64Array, free: readonly number[]): Float64Array {
  const [k, n] = [b.length, free.length];
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = gram[free[i]! * k + free[j]!]! * (i === j ? 1 + 1e-12 : 1);
      for (let q = 0; q < j; q++) rest -= l[i * n + q]! * l[j * n + q]!;
      l[i * n + j] = i === j ? Math.sqrt(Math.max(rest, 1e-14 * gram[free[i]! * (k + 1)]!)) : rest / l[j * n + j]!;
    }
  }
  const x = Float64Array.from(free, (i) => b[i]!);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) x[i]! -= l[i * n + j]! * x[j]!;
    x[i]! /= l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) x[i]! -= l[j * n + i]! * x[j]!;
    x[i]! /= l[i * n + i]!;
  }
  return x;
}
