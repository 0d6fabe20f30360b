import * as tf from "#tf";

/**
 * Hv along the last axis of v [..., p], p a power of two: the fast Walsh-Hadamard transform, as one small matrix product for each factor
 * of p. Entry (i, j) of H is (-1)^(bits that i and j share)/√p: H is symmetric and orthonormal, and (Hv)[0] = Σv/√p.
 */
export function hadamard(v: tf.Tensor): tf.Tensor {
  const shape = v.shape;
  const p = shape.at(-1)!;
  const rows = v.size / p;
  let out = v;
  let right = p;
  for (const f of hadamardFactors(p)) {
    right /= f;
    const left = (rows * p) / (f * right);
    const h = tf.tensor2d(hadamardMatrix(f), [f, f]);
    out = right === 1 ? tf.matMul(tf.reshape(out, [left, f]), h) : tf.matMul(h, tf.reshape(out, [left, f, right]));
  }
  return tf.reshape(out, shape);
}

/** Sizes of at most 32 whose product is p, a power of two. H_p is the Kronecker product of Hadamard matrices of these sizes. */
function hadamardFactors(p: number): number[] {
  const bits = Math.log2(p);
  const count = Math.ceil(bits / 5);
  return Array.from(
    { length: count },
    (_, i) => 2 ** (Math.floor(((i + 1) * bits) / count) - Math.floor((i * bits) / count)),
  );
}

/** The orthonormal Walsh-Hadamard matrix of size f: entry (i, j) is (-1)^(bits that i and j share)/√f. */
function hadamardMatrix(f: number): Float32Array {
  const parity = (v: number): number => (v === 0 ? 0 : (v & 1) ^ parity(v >> 1));
  return Float32Array.from(
    { length: f * f },
    (_, at) => (parity(Math.floor(at / f) & (at % f)) ? -1 : 1) / Math.sqrt(f),
  );
}
