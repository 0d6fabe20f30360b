import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gaussian } from "../../operators/gaussian.ts";
import { cellLinearPrior, trainCellLinear } from "../../priors/cell-linear/index.ts";
import { chartsOf, conditionsOf, partsOf, sharesOf } from "../../priors/mixture/charts.ts";
import { mixturePrior, trainMixture } from "../../priors/mixture/index.ts";
import { latentForm } from "../../priors/mixture/latent-form.ts";
import type { GeneratorPrior, MixturePrior } from "../../priors/prior.ts";
import { drawSamples, withoutResidual } from "../../priors/samples.ts";
import { loadTrained, savePrior } from "../../src/cli/prior-folder.ts";
import { meanSquaredErrors } from "../../src/compare/metrics.ts";
import { arrayDataset } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { measure } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { covariance, designFor, mean, type PoseSpec, sketchDataset } from "../../src/sketch/index.ts";
import { generate, mixturePosterior } from "../../src/solve/index.ts";
import { H, strokes, W } from "../sketch/strokes.ts";

const test = suite("aligned mixture");
const n = H * W;
const data = arrayDataset("strokes", strokes(3000));

async function trained(poses: "auto" | "none" | PoseSpec, sketchSize = 40_000) {
  const sketch = await sketchDataset(data, await designFor(data, { sketchSize, poses }));
  return { sketch, mixture: await trainMixture(sketch) };
}
const aligned = trained("auto");

const priorOf = async (): Promise<MixturePrior & Required<Pick<MixturePrior, "poses">>> => {
  const prior = mixturePrior("aligned", (await aligned).mixture.model);
  return { ...prior, poses: prior.poses! };
};

const spread = (rows: ArrayLike<number>) => {
  const count = rows.length / n;
  let sum = 0;
  const centre = new Float64Array(n);
  for (let at = 0; at < rows.length; at++) centre[at % n]! += rows[at]! / count;
  for (let at = 0; at < rows.length; at++) sum += (rows[at]! - centre[at % n]!) ** 2 / count;
  return { centre, sum };
};

test("probabilities of parts add up to 1, and shares of poses are those of the data", async () => {
  const { poses, ...prior } = await priorOf();
  const { parts } = partsOf({ ...prior, poses });
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  assert.ok(Math.abs(total - 1) < 1e-12, `${total}`);
  const counts = (await aligned).sketch.sums["local-moments.poses"]!;
  const count = poses.warps.shape[0]!;
  const shares = sharesOf({ ...prior, poses });
  for (let p = 0; p < count; p++) {
    const seen = counts.reduce((sum, v, at) => sum + (at % count === p ? v : 0), 0) / 3000;
    assert.ok(Math.abs(shares[p]! - seen) < 0.01, `${p}: ${shares[p]} and ${seen}`); // five samples of every cell are pooled
  }
});

test("charts are those of the prior that is given, also where another shares its poses", async () => {
  const prior = await priorOf();
  chartsOf(prior);
  const none = { ...prior, matrix: ndarray(new Float32Array(prior.matrix.size), prior.matrix.shape) };
  assert.ok(chartsOf(none)[0]!.decoder.every((v) => v === 0));
});

test("samples have the data's mean and variance (the residual is taken to be independent of the features: 10 %)", async () => {
  const { sketch } = await aligned;
  const { data: drawn } = await drawSamples(await priorOf(), 4000, 1);
  const { centre, sum } = spread(drawn);
  const [mu, sigma] = [mean(sketch), covariance(sketch)];
  for (const [i, v] of centre.entries()) assert.ok(Math.abs(v - mu[i]!) < 0.03, `${i}: ${v} and ${mu[i]}`);
  const trace = mu.reduce((t, _, i) => t + sigma[i * (n + 1)]!, 0);
  assert.ok(Math.abs(sum / trace - 1) < 0.1, `${sum} and ${trace}`);
});

test("aligned, strokes are recovered better from few measurements than as they are, at the same size", async () => {
  const truth = strokes(60, 0.4, 9);
  const operator = gaussian({ inShape: [H, W], m: 8, seed: 3 });
  const noise = gaussianNoise(0.01);
  const { y } = await measure(truth, operator, { noise });
  const errorOf = async (prior: MixturePrior) => {
    const { mean: found } = await mixturePosterior({ operator, y, noise }, prior);
    const errors = meanSquaredErrors(truth, found);
    return errors.reduce((sum, v) => sum + v / errors.length, 0);
  };
  const plain = mixturePrior("plain", (await trained("none")).mixture.model);
  const [own, other] = [await errorOf(await priorOf()), await errorOf(plain)];
  assert.ok(own < 0.9 * other, `${own} and ${other}`); // seeded
});

test("reduced residual moments: a mixture with a root of its residual, at a size that does not hold all of rrᵀ", async () => {
  const { mixture, sketch } = await trained((await aligned).sketch.design.poses!, 12_000);
  assert.ok("residual-moments.vv" in sketch.sums);
  assert.ok(mixture.model.residualRoot?.standardDeviations);
  const { sum } = spread((await drawSamples(mixturePrior("small", mixture.model), 3000, 2)).data);
  const trace = spread(strokes(3000).data).sum;
  assert.ok(Math.abs(sum / trace - 1) < 0.15, `${sum} and ${trace}`);
});

/** G(z, c) of conditions against the charts of the mixture form, with v of `features`. */
async function sameAsCharts(prior: GeneratorPrior, mixture: MixturePrior) {
  const { component, pose } = conditionsOf(mixture);
  const chosen = Int32Array.of(0, Math.floor(component.length / 2), component.length - 1);
  const { latent } = prior;
  const z = ndarray(stream(1, "z").fillNormal(new Float32Array(3 * latent)), [3, latent]);
  const zero = ndarray(new Float32Array(3 * latent), [3, latent]);
  const at0 = await generate(prior, zero, chosen);
  assert.equal((await generate(prior, z, chosen)).shape, [3, H, W]);
  const charts = chartsOf(mixture);
  const k = mixture.means.shape[1]!;
  for (const [row, c] of chosen.entries()) {
    const { centre, decoder } = charts[pose[c]!]!;
    for (let i = 0; i < n; i++) {
      let want = centre[i]!;
      for (let a = 0; a < k; a++) want += decoder[a * n + i]! * mixture.means.get(component[c]!, a);
      const got = at0.data[row * n + i]!;
      assert.ok(Math.abs(got - want) < 1e-4, `${row}, ${i}: ${got} and ${want}`); // float32 sums
    }
  }
}

test("the latent form decodes every component in each of its poses", async () => {
  const prior = await priorOf();
  await sameAsCharts(latentForm(prior), prior);
});

test("a cell-linear generator of it has the poses too, and its mixture form; its draws vary like the mixture's", async () => {
  const prior = await priorOf();
  const made = await trainCellLinear((await aligned).mixture.model, { latent: 6, directions: 40, steps: 100 });
  const generator = cellLinearPrior("generator", made.model);
  const form = (await generator.asMixture?.())!;
  assert.is(form.poses?.warps.shape[0], prior.poses.warps.shape[0]);
  await sameAsCharts(generator, form);
  const [own, other] = [await drawSamples(generator, 3000, 1), await drawSamples(prior, 3000, 1)];
  const ratio = spread(own.data).sum / spread(other.data).sum;
  assert.ok(Math.abs(ratio - 1) < 0.1, `${ratio}`);
});

test("without the residual, samples are T_p(centre + Dv) about its mean", async () => {
  const prior = await priorOf();
  const [own, all] = [await drawSamples(withoutResidual(prior), 2000, 1), await drawSamples(prior, 2000, 1)];
  assert.ok(spread(own.data).sum < spread(all.data).sum);
});

test("a saved mixture and generator have their poses when loaded", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sketchprior-aligned-"));
  try {
    const { mixture } = await aligned;
    const generator = await trainCellLinear(mixture.model, { latent: 4, directions: 10, steps: 2 });
    for (const saved of [
      { kind: "mixture", trained: mixture } as const,
      { kind: "cell-linear", trained: { ...generator, sketch: mixture.sketch } } as const,
    ]) {
      const where = path.join(folder, saved.kind);
      await savePrior(where, saved);
      const loaded = (await loadTrained(where)) as typeof saved;
      assert.equal(loaded.trained.model.poses, saved.trained.model.poses);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
