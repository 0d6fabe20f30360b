import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cholesky, logDeterminant, solveLower } from "../../../src/data/cholesky.ts";
import { arrayDataset, stream } from "../../../src/data/index.ts";
import { covariance, mean, type Sketch } from "../../../src/sketch/index.ts";
import { plausible, privateSketch } from "../../../src/sketch/private/index.ts";

const test = suite("membership inference");

const D = 12;
const ROWS = 30;

/** −log of the sketch's Gaussian density of every row, but for a constant. */
function losses(sketch: Sketch, rows: Float32Array): number[] {
  const mu = mean(sketch);
  const sigma = covariance(sketch);
  for (let i = 0; i < D; i++) sigma[i * (D + 1)]! += 1e-3;
  const factor = cholesky(sigma, D);
  return Array.from({ length: rows.length / D }, (_, row) => {
    const off = Float64Array.from({ length: D }, (_, i) => rows[row * D + i]! - mu[i]!);
    return solveLower(factor, D, off).reduce((sum, v) => sum + v * v, 0) + logDeterminant(factor, D);
  });
}

/** The most by which members pass a threshold of the loss more often than others do: true minus false positive rate. */
function advantage(members: readonly number[], others: readonly number[]): number {
  const rate = (values: readonly number[], t: number) => values.filter((v) => v <= t).length / values.length;
  return Math.max(...members.map((t) => rate(members, t) - rate(others, t)));
}

/** The mean advantage over 40 sets of 30 members and 300 others, all of one law. */
async function measured(epsilon: number): Promise<number> {
  let sum = 0;
  for (let trial = 0; trial < 40; trial++) {
    const draw = (name: string, count: number) => stream(trial, name).fillNormal(new Float32Array(count * D));
    const [members, others] = [draw("members", ROWS), draw("others", 10 * ROWS)];
    const data = arrayDataset("members", ndarray(members, [ROWS, D]));
    const sketch = await plausible(await privateSketch(data, { clip: 5 }, { epsilon, delta: 1e-3, seed: trial }));
    sum += advantage(losses(sketch, members), losses(sketch, others)) / 40;
  }
  return sum;
}

test("a threshold on the loss tells members of 30 without privacy, and with ε = 1 no better than the bound allows", async () => {
  const [open, hidden] = [await measured(1e6), await measured(1)];
  // (exp ε − 1 + 2δ)/(exp ε + 1), of any test (Kairouz, Oh, Viswanath 2015); a best threshold of 30 losses finds about .12 by chance
  const bound = (Math.E - 1 + 2e-3) / (Math.E + 1);
  assert.ok(open > 0.5, `without privacy ${open}`);
  assert.ok(hidden < bound && hidden < 0.25, `with ε = 1 ${hidden}`);
});

test.run();
