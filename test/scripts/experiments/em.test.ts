import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitEm } from "../../../scripts/experiments/em/fit.ts";
import { stream } from "../../../src/data/random.ts";

const test = suite("expectation maximisation on the full data");

/** 600 samples of label 0 about (0, 0) and, a third of them, (6, 2); 200 of label 1 about (−5, 5). */
function samples() {
  const random = stream(2, "two labels");
  const features = new Float64Array(800 * 2);
  const labels = Array.from({ length: 800 }, (_, i) => Number(i >= 600));
  for (let i = 0; i < 800; i++) {
    const [x, y] = i >= 600 ? [-5, 5] : i % 3 === 0 ? [6, 2] : [0, 0];
    features[2 * i] = x + random.normal();
    features[2 * i + 1] = y + 0.5 * random.normal();
  }
  return { features, labels };
}

const settings = {
  groups: 2,
  components: 2,
  shrinkage: 0,
  seed: 1,
  signal: new AbortController().signal,
  onProgress: () => {},
};

test("two clusters of a label are found with their weights, means and covariances", async () => {
  const { features, labels } = samples();
  const found = await fitEm(features, labels, { ...settings, steps: 40 });
  assert.ok(Math.abs(found.weights.reduce((a, b) => a + b) - 1) < 1e-12);
  assert.equal([...found.labels], [0, 0, 1, 1]);
  const far = found.means[0]! > found.means[2]! ? 0 : 1;
  assert.ok(Math.abs(found.weights[far]! - 0.25) < 0.01); // 200 of 800
  const mean = found.means.subarray(2 * far, 2 * far + 2);
  assert.ok(Math.abs(mean[0]! - 6) < 0.3 && Math.abs(mean[1]! - 2) < 0.15); // three standard errors and more
  const factor = found.factors.subarray(4 * far, 4 * far + 4);
  assert.ok(Math.abs(factor[0]! - 1) < 0.2 && Math.abs(Math.hypot(factor[2]!, factor[3]!) - 0.5) < 0.1);
});

test("no step lowers the likelihood", async () => {
  const { features, labels } = samples();
  const after = async (steps: number) => {
    const { likelihoods } = await fitEm(features, labels, { ...settings, steps });
    return likelihoods.map((line) => Number(/ (-?[\d.]+)$/.exec(line)![1]));
  };
  const values = [await after(1), await after(3), await after(10)];
  for (const [i, value] of values.entries()) {
    if (i > 0) for (const [group, v] of value.entries()) assert.ok(v >= values[i - 1]![group]! - 1e-3);
  }
});

test.run();
