import { takeMeans } from "../../src/data/channel-means.ts";
import { multiply, transpose } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";
import { pauses } from "../../src/engine/events.ts";
import type { Progress } from "../../src/engine/iterate.ts";
import { atomsOf, sparseCode } from "./sparse-code.ts";

export interface LearnOptions {
  readonly atoms: number;
  /** Atoms of a patch while the dictionary is learned. */
  readonly sparsity: number;
  readonly steps: number;
  readonly channels: number;
  readonly seed: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Patches whose deviation is below this part of that of all tell nothing of structure. */
const FLAT = 0.1;

/**
 * A dictionary of patches by K-SVD (Aharon, Elad, Bruckstein 2006): min_{D, W} Σ ‖x_i − D w_i‖², at most `sparsity` atoms each, in turn over the codes, by orthogonal matching
 * pursuit, and over every atom with its weights, by one step of the power method (Rubinstein, Zibulevsky, Elad 2008). It begins at patches drawn at random; an atom that
 * no patch takes becomes the patch that is worst coded. patches [n, d] lose their mean, channel by channel. Returns the atoms [atoms, d], and the mean of ‖x − Dw‖² in every step.
 */
export async function learnAtoms(given: Float32Array, d: number, options: LearnOptions) {
  const { atoms: count, sparsity, steps, channels, seed, onProgress, signal } = options;
  const random = stream(seed, "dictionary", count, d);
  const x = textured(given.slice(), d, channels);
  const n = x.length / d;
  const order = random.permutation(n);
  const rows = new Float64Array(count * d);
  for (let k = 0; k < count; k++) rows.set(unit(x.subarray(order[k % n]! * d, (order[k % n]! + 1) * d)), k * d);
  const pause = pauses(signal);
  const history: number[] = [];
  for (let step = 0; step < steps; step++) {
    await pause();
    const atoms = atomsOf(rows, count);
    const products = multiply(x, transpose(rows, count, d), n, d, count);
    const users = Array.from({ length: count }, () => [] as { row: number; weight: number }[]);
    const left = Float64Array.from(x); // x − Dw
    for (let i = 0; i < n; i++) {
      if (i % 256 === 0) await pause();
      const code = sparseCode(products.subarray(i * count, (i + 1) * count), atoms, { most: sparsity, gain: 0 });
      for (const [j, atom] of code.atoms.entries()) {
        const weight = code.weights[j]!;
        users[atom]!.push({ row: i, weight });
        for (let q = 0; q < d; q++) left[i * d + q]! -= weight * rows[atom * d + q]!;
      }
    }
    const taken = new Set<number>(); // patches that became atoms in this step
    for (const [k, own] of users.entries()) {
      const atom = rows.subarray(k * d, (k + 1) * d);
      if (own.length === 0) {
        const row = worst(left, d, taken);
        taken.add(row);
        atom.set(unit(x.subarray(row * d, (row + 1) * d)));
        continue;
      }
      const next = new Float64Array(d);
      for (const { row, weight } of own) {
        for (let q = 0; q < d; q++) {
          left[row * d + q]! += weight * atom[q]!; // without this atom
          next[q]! += weight * left[row * d + q]!;
        }
      }
      atom.set(unit(next));
      for (const { row } of own) {
        let weight = 0;
        for (let q = 0; q < d; q++) weight += left[row * d + q]! * atom[q]!;
        for (let q = 0; q < d; q++) left[row * d + q]! -= weight * atom[q]!;
      }
    }
    const objective = left.reduce((sum, v) => sum + v * v, 0) / n;
    history.push(objective);
    onProgress?.({ step: step + 1, maxSteps: steps, objective });
  }
  return { rows: Float32Array.from(rows), history };
}

/** The patches that are not nearly flat, without their means. */
function textured(patches: Float32Array, d: number, channels: number): Float32Array {
  takeMeans(patches, d, channels);
  const n = patches.length / d;
  const energies = Float64Array.from({ length: n }, (_, i) => energyOf(patches.subarray(i * d, (i + 1) * d)));
  const least = (FLAT ** 2 * energies.reduce((a, b) => a + b, 0)) / n;
  const kept = Array.from(energies.keys()).filter((i) => energies[i]! > least);
  const out = new Float32Array(kept.length * d);
  for (const [to, i] of kept.entries()) out.set(patches.subarray(i * d, (i + 1) * d), to * d);
  return out;
}

const energyOf = (v: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i]! ** 2;
  return sum;
};

const unit = (v: ArrayLike<number>): Float64Array => {
  const norm = Math.sqrt(energyOf(v)) || 1;
  return Float64Array.from(v, (value) => value / norm);
};

/** The row of most energy among those that are not taken. */
function worst(rows: Float64Array, d: number, taken: ReadonlySet<number>): number {
  let [best, most] = [0, -1];
  for (let i = 0; i < rows.length / d; i++) {
    const energy = taken.has(i) ? -1 : energyOf(rows.subarray(i * d, (i + 1) * d));
    if (energy > most) [best, most] = [i, energy];
  }
  return best;
}
