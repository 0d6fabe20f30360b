import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { drawResiduals, rootOf } from "../../../priors/residual-root.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { stream } from "../../data/random.ts";
import { compile } from "../../engine/index.ts";
import { chunksOf } from "../chunks.ts";
import type { Problem } from "../problem.ts";
import type { Ranking } from "./starts.ts";

/** Draws of each condition, which tell how far its measurements spread. */
const DRAWS = 16;
/** Most signals of one compiled run. */
const CHUNK = 1024;

/**
 * Ranks the conditions c of every signal, for any Φ: by the evidence of a Gaussian with the moments of their measurements.
 *
 *     log e_c = −½ (‖y − s_c‖²/v_c + m log v_c) + log π_c,   s_c = Φ(G(0, c)),   v_c = variance + E‖Φ(G(z, c) + r) − s_c‖²/m
 *
 * with z ~ N(0, I) and the residual r ~ N(0, C), from 16 draws. The order does not depend on the units of y.
 */
export async function rankConditions(
  { operator, y }: Pick<Problem, "operator" | "y">,
  prior: GeneratorPrior,
  probabilities: Float64Array,
  variance: number,
  count: number,
  seed = 1,
): Promise<Ranking> {
  const total = probabilities.length;
  const [m, n, k] = [sizeOf(operator.outShape), sizeOf(prior.shape), prior.latent];
  const rows = total * (1 + DRAWS); // the first row of every condition has z = 0
  const random = stream(seed, "rank conditions");
  const root = prior.residual && (await rootOf(prior.residual, prior.residualRoot));
  const chunks = chunksOf(rows, CHUNK);
  const given = async (at: readonly number[]) => {
    const z = random.fillNormal(new Float32Array(at.length * k));
    const e = root ? await drawResiduals(root, random, at.length) : new Float64Array(at.length * n);
    const c = Int32Array.from(at, (row) => Math.floor(row / (1 + DRAWS)));
    for (const [i, row] of at.entries()) {
      if (row % (1 + DRAWS) !== 0) continue;
      z.fill(0, i * k, (i + 1) * k);
      e.fill(0, i * n, (i + 1) * n);
    }
    return {
      z: fromHost(z, [at.length, k]),
      c: fromHost(c, [at.length]),
      e: fromHost(Float32Array.from(e), [at.length, ...prior.shape]),
    };
  };
  const measure = await compile(
    ({ z, c, e }: { z: tf.Tensor; c: tf.Tensor; e: tf.Tensor }) => {
      return tf.reshape(operator.forward(tf.add(prior.decode(z, c), e)), [-1, m]);
    },
    await given(chunks[0]!.at),
  );
  const measured = new Float32Array(rows * m);
  for (const { first, count, at } of chunks) {
    const { data } = await measure.run(await given(at));
    measured.set(data.subarray(0, count * m), first * m);
  }
  await measure.dispose();
  return { conditions: mostProbable(y, measured, probabilities, variance, m, count) };
}

function mostProbable(
  y: NdArray<Float32Array>,
  measured: Float32Array,
  probabilities: Float64Array,
  variance: number,
  m: number,
  count: number,
): Int32Array {
  const signals = y.shape[0]!;
  const given = contiguous(y) as Float32Array;
  const stride = (1 + DRAWS) * m;
  const squares = (a: Float32Array, from: number, b: Float32Array, start: number) => {
    let sum = 0;
    for (let q = 0; q < m; q++) sum += (a[from + q]! - b[start + q]!) ** 2;
    return sum;
  };
  const variances = Float64Array.from(probabilities, (_, c) => {
    let sum = 0;
    for (let draw = 1; draw <= DRAWS; draw++) sum += squares(measured, c * stride + draw * m, measured, c * stride);
    return variance + sum / (DRAWS * m) || Number.MIN_VALUE;
  });
  const out = new Int32Array(signals * count);
  for (let i = 0; i < signals; i++) {
    const logs = variances.map(
      (v, c) => Math.log(probabilities[c]!) - 0.5 * (squares(given, i * m, measured, c * stride) / v + m * Math.log(v)),
    );
    const order = Array.from(logs.keys()).sort((a, b) => logs[b]! - logs[a]!);
    out.set(order.slice(0, count), i * count);
  }
  return out;
}
