import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import type { ProductFactors } from "./product.ts";

/**
 * Means over samples of the products of waves that moments at product frequencies are made of: of each block
 *
 *     M = mean_n w(u_n) v(u_n)ᵀ,   w = (cos aᵢᵀu …, sin aᵢᵀu …),   v = (cos b_lᵀu …, sin b_lᵀu …),
 *
 * for samples u [n, k] or, in groups, [groups, n, k]: [groups, B, 2P, 2Q], of ungrouped samples with groups = 1. A pure tensor function with a gradient of
 * its own: with waves W [2P, n] and V [2Q, n] of a block, the derivative by the phases of the rows is W ⊙ (D V)/n, where D has the sine's rows of the
 * gradient by M where W has cosines, and minus the cosine's where it has sines (cos' = −sin, sin' = cos). So nothing but matrix products is
 * added to the cosines of the means themselves.
 */
export function productMeans(u: tf.Tensor, { rows, columns }: ProductFactors<tf.Tensor>): tf.Tensor {
  const [n, k] = u.shape.slice(-2) as [number, number];
  const groups = u.rank === 3 ? u.shape[0]! : 1;
  const means = tf.customGrad((x, save) => {
    const across = withOnes(tf.transpose(x as tf.Tensor, [0, 2, 1])); // [groups, k + 1, n]
    const [left, right] = [rows, columns].map((list) => waves(list, across));
    (save as tf.GradSaveFunc)([left!, right!, rows, columns]);
    return {
      value: tf.div(tf.matMul(left!, right!, false, true), n),
      gradFunc: (gradient: tf.Tensor, saved: tf.Tensor[]) => {
        const [w, v, a, b] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const by = tf.div(gradient, n);
        const ofRows = tf.mul(w, tf.matMul(turned(by), v));
        const ofColumns = tf.mul(v, tf.matMul(turned(tf.transpose(by, [0, 1, 3, 2])), w));
        return tf.transpose(tf.add(ofPhases(a, ofRows), ofPhases(b, ofColumns)), [0, 2, 1]);
      },
    };
  });
  return means(tf.reshape(u, [groups, n, k]));
}

/** Samples across [groups, k, n] above a row of ones, which shifts the phases of sines. */
const withOnes = (across: tf.Tensor): tf.Tensor =>
  tf.concat([across, tf.ones([across.shape[0]!, 1, across.shape[2]!])], 1);

/** cos aᵀu above sin aᵀu = cos(aᵀu − π/2) of every block: a [B, P, k], u across [groups, k + 1, n] → [groups, B, 2P, n]. */
function waves(list: tf.Tensor, across: tf.Tensor): tf.Tensor {
  const [blocks, size] = list.shape as [number, number];
  const shifted = (by: number) => tf.concat([list, tf.fill([blocks, size, 1], by)], 2);
  const both = tf.reshape(tf.concat([shifted(0), shifted(-Math.PI / 2)], 1), [1, 2 * blocks * size, -1]);
  return tf.reshape(tf.cos(tf.matMul(both, across)), [across.shape[0]!, blocks, 2 * size, across.shape[2]!]);
}

/** The lower half of the rows of matrices [groups, B, 2P, Q], above minus the upper half. */
function turned(matrices: tf.Tensor): tf.Tensor {
  const [upper, lower] = tf.split(matrices, 2, 2);
  return tf.concat([lower!, tf.neg(upper!)], 2);
}

/** The derivative by the samples across [groups, k, n] from that by the phases of a list's waves [groups, B, 2P, n]. */
function ofPhases(list: tf.Tensor, byPhase: tf.Tensor): tf.Tensor {
  const [blocks, size, k] = list.shape as [number, number, number];
  const [groups, , , n] = byPhase.shape as [number, number, number, number];
  const both = tf.reshape(tf.concat([list, list], 1), [1, 2 * blocks * size, k]);
  return tf.matMul(both, tf.reshape(byPhase, [groups, 2 * blocks * size, n]), true, false);
}

/** Moments as means of products: those of cos (a ± b)ᵀu and sin (a ± b)ᵀu determine M of `productMeans`. */
export interface ProductMoments<T> {
  /** [(groups,) B, 2, P, 2, Q]: cosines, then sines of a, and of b. */
  readonly products: T;
  /** Whether both frequencies a ± b of a pair are among the first m, 1 or 0, [B, 1, P, 1, Q]; absent if all pairs are whole. */
  readonly whole?: T;
}

/**
 * The moments [(groups,) m] at the first m of product frequencies as means of products: mean cos aᵀu cos bᵀu is half the sum of those of cos (a − b)ᵀu and
 * cos (a + b)ᵀu, and so on. Of pairs that the end at m cuts, they are 0.
 */
export function asProducts(
  { cos, sin }: { readonly cos: NdArray<Float32Array>; readonly sin: NdArray<Float32Array> },
  { rows, columns }: ProductFactors<NdArray<Float32Array>>,
): ProductMoments<NdArray<Float32Array>> {
  const [B, P, Q] = [rows.shape[0]!, rows.shape[1]!, columns.shape[1]!];
  const m = cos.shape.at(-1)!;
  const groups = cos.size / m;
  const out = new Float32Array(groups * B * 4 * P * Q);
  const whole = new Float32Array(B * P * Q);
  for (let block = 0; block < B; block++) {
    for (let pair = 0; pair < P * Q; pair++) {
      const plus = 2 * pair * B + block;
      const minus = plus + B;
      if (minus >= m) continue;
      const [i, l] = [Math.floor(pair / Q), pair % Q];
      whole[(block * P + i) * Q + l] = 1;
      for (let group = 0; group < groups; group++) {
        const at = (kind: 0 | 1, other: 0 | 1) => ((((group * B + block) * 2 + kind) * P + i) * 2 + other) * Q + l;
        const [c, d] = [cos.data[group * m + plus]!, cos.data[group * m + minus]!];
        const [s, t] = [sin.data[group * m + plus]!, sin.data[group * m + minus]!];
        out[at(0, 0)] = (c + d) / 2;
        out[at(1, 1)] = (d - c) / 2;
        out[at(1, 0)] = (s + t) / 2;
        out[at(0, 1)] = (s - t) / 2;
      }
    }
  }
  const products = ndarray(out, [...cos.shape.slice(0, -1), B, 2, P, 2, Q]);
  return { products, ...(whole.includes(0) && { whole: ndarray(whole, [B, 1, P, 1, Q]) }) };
}
