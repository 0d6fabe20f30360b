import { multiplyTransposed } from "../../src/data/matmul.ts";

/** What a pursuit needs of atoms, unit vectors that are the rows of D. */
export interface Atoms {
  readonly count: number;
  /** DD', [count, count] */
  readonly gram: Float64Array;
}

/** Which atoms a signal is a sum of, and how much of each. */
export interface SparseCode {
  readonly atoms: number[];
  readonly weights: Float64Array;
}

export interface SparseLimits {
  /** Most atoms. */
  readonly most: number;
  /** An atom is taken only if ‖x − Σ‖² falls by more than this. */
  readonly gain: number;
}

/** Part of an atom's norm below which it is a sum of those already taken. */
const DEPENDENT = 1e-6;

/**
 * Orthogonal matching pursuit: takes the atom that correlates most with what is left of x, then fits all that were taken, until the next one would lower ‖x − Σ‖² by no
 * more than `gain`. So every atom that is taken is worth its price, as in min ‖x − Dw‖² + gain · ‖w‖₀. `products`: Dx, [count].
 *
 * Source: Pati, Rezaiifar, Krishnaprasad 1993; by the Gram matrix as Rubinstein, Zibulevsky, Elad 2008, "Efficient implementation of the K-SVD algorithm".
 */
export function sparseCode(
  products: ArrayLike<number>,
  { count, gram }: Atoms,
  { most, gain }: SparseLimits,
): SparseCode {
  const atoms: number[] = [];
  const left = Float64Array.from(products); // products of the atoms with what is left
  const root: Float64Array[] = []; // rows of the Cholesky factor of the Gram matrix of the atoms taken
  let weights: Float64Array = new Float64Array(0);
  while (atoms.length < most) {
    let best = 0;
    for (let k = 1; k < count; k++) if (Math.abs(left[k]!) > Math.abs(left[best]!)) best = k;
    const row = new Float64Array(atoms.length + 1);
    let own = 1;
    for (let i = 0; i < atoms.length; i++) {
      let sum = gram[best * count + atoms[i]!]!;
      for (let j = 0; j < i; j++) sum -= root[i]![j]! * row[j]!;
      row[i] = sum / root[i]![i]!;
      own -= row[i]! ** 2;
    }
    if (!(own > DEPENDENT && left[best]! ** 2 / own > gain)) break;
    row[atoms.length] = Math.sqrt(own);
    root.push(row);
    atoms.push(best);
    weights = solved(
      root,
      atoms.map((k) => products[k]!),
    );
    left.set(products);
    for (const [i, atom] of atoms.entries()) {
      const w = weights[i]!;
      for (let k = 0, at = atom * count; k < count; k++, at++) left[k]! -= w * gram[at]!;
    }
  }
  return { atoms, weights };
}

/** Solves LL'w = b, L by its rows. */
function solved(root: readonly Float64Array[], b: readonly number[]): Float64Array {
  const w = Float64Array.from(b);
  for (let i = 0; i < w.length; i++) {
    for (let j = 0; j < i; j++) w[i]! -= root[i]![j]! * w[j]!;
    w[i]! /= root[i]![i]!;
  }
  for (let i = w.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < w.length; j++) w[i]! -= root[j]![i]! * w[j]!;
    w[i]! /= root[i]![i]!;
  }
  return w;
}

/** Rows [count, d] as atoms. */
export function atomsOf(rows: ArrayLike<number>, count: number): Atoms {
  const own = Float64Array.from(rows);
  return { count, gram: multiplyTransposed(own, own, own.length / count) };
}
