import { drawFrequencies } from "../families/fourier.ts";
import { basisOf, featuresIn, type PrivateDesign, partsIn } from "./design.ts";
import { FINENESS, type PartName, REACH } from "./parts.ts";

/** Sums of integers by name. */
export type PrivateSums = Partial<Record<PartName, Float64Array>>;

/** Sums of a design before the first sample. */
export function noPrivateSums(design: PrivateDesign): PrivateSums {
  const zeros = ({ shape }: { readonly shape: readonly number[] }) =>
    new Float64Array(shape.reduce((size, n) => size * n, 1));
  return Object.fromEntries([...partsIn(design)].map(([name, part]) => [name, zeros(part)]));
}

/**
 * Adds what one sample contributes to the sums of a design: integers, a function of this sample, its network's features v (`featuresAlone`) and its label alone. So adding or removing a sample changes
 * the sums by exactly its own contribution. (Float32 sums over blocks would change by the rounding of all other samples of the block too.)
 *
 * With the unit g = clip/Q the features relative to the reference are q = round(u/g), shrunk until Σ q² ≤ Q². Then |qqᵀ| = Σ q² ≤ Q² in exact arithmetic, and every
 * other part is rounded so that it keeps its bound (parts.ts).
 */
export function contributing(design: PrivateDesign) {
  const { clip, fourier, reference, labels } = design;
  const k = featuresIn(design);
  const basis = basisOf(design);
  const omega = fourier && Float64Array.from(drawFrequencies(fourier, k).data); // [k, m]
  const unit = clip / FINENESS;
  const u = new Float64Array(k);
  const q = new Float64Array(k);
  const phase = new Float64Array(fourier?.m ?? 0);
  const p = design.network?.features ?? 0;
  const learned = new Float64Array(p);
  return (x: Float32Array, label: number, sums: PrivateSums, v?: Float32Array): void => {
    const group = labels === undefined ? 0 : label;
    features(x, basis, u);
    const left = squaredNorm(x) - squaredNorm(u);
    for (let i = 0; i < k; i++) u[i]! -= reference[group * k + i]!;
    quantise(u, unit, q);
    const { count, mean, square, energy, rest, fourier: waves, network, networkSquares } = sums;
    if (count) count[group]! += FINENESS;
    if (mean) for (let i = 0; i < k; i++) mean[group * k + i]! += q[i]!;
    if (square) addTriangle(q, square, (group * k * (k + 1)) / 2);
    if (energy) energy[0]! += Math.min((REACH * FINENESS) ** 2, Math.round(squaredNorm(u) / unit ** 2));
    if (rest) rest[0]! += Math.min(FINENESS ** 2, Math.max(0, Math.round(left / unit ** 2)));
    if (waves && omega) {
      const m = phase.length;
      phase.fill(0);
      for (let i = 0; i < k; i++) {
        const v = q[i]! * unit + reference[group * k + i]!;
        if (v !== 0) for (let j = 0; j < m; j++) phase[j]! += v * omega[i * m + j]!;
      }
      for (let j = 0; j < m; j++) {
        const [c, s] = onCircle(Math.cos(phase[j]!), Math.sin(phase[j]!));
        waves[group * 2 * m + j]! += c;
        waves[(group * 2 + 1) * m + j]! += s;
      }
    }
    if (v) {
      quantise(Float64Array.from(v), 1 / FINENESS, learned);
      for (let j = 0; j < p; j++) {
        if (network) network[group * p + j]! += learned[j]!;
        if (networkSquares) networkSquares[j]! += learned[j]! ** 2;
      }
    }
  };
}

/** u = Bᵀx, or x itself. */
function features(x: Float32Array, basis: Float64Array | undefined, u: Float64Array): void {
  u.fill(0);
  if (!basis) u.set(x);
  const k = u.length;
  for (let i = 0, at = 0; basis && i < x.length; i++, at += k) {
    const v = x[i]!;
    if (v !== 0) for (let j = 0; j < k; j++) u[j]! += v * basis[at + j]!;
  }
}

function squaredNorm(v: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i]! ** 2;
  return sum;
}

/** q = round(u/unit), shrunk until Σ q² ≤ Q². */
function quantise(u: Float64Array, unit: number, q: Float64Array): void {
  let factor = Math.min(1 / unit, FINENESS / Math.sqrt(squaredNorm(u) || 1));
  for (;;) {
    let sum = 0;
    for (let i = 0; i < u.length; i++) {
      q[i] = Math.round(u[i]! * factor) + 0; // no -0
      sum += q[i]! ** 2;
    }
    if (sum <= FINENESS ** 2) return;
    factor *= 1 - 1 / FINENESS;
  }
}

function addTriangle(q: Float64Array, sum: Float64Array, from: number): void {
  let at = from;
  for (let i = 0; i < q.length; i++) {
    const v = q[i]!;
    if (v === 0) at += i + 1;
    else for (let j = 0; j <= i; j++) sum[at++]! += v * q[j]!;
  }
}

/** Q (cos, sin), rounded towards 0 and, should rounding have left the circle, by one more. */
function onCircle(cos: number, sin: number): [number, number] {
  const c = Math.trunc(FINENESS * cos);
  let s = Math.trunc(FINENESS * sin);
  while (c * c + s * s > FINENESS ** 2) s -= Math.sign(s);
  return [c, s];
}
