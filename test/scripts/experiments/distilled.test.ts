import { suite } from "uvu";
import * as assert from "uvu/assert";
import { drawSamples, withoutResidual } from "../../../priors/samples.ts";
import { distil, distilledNames } from "../../../scripts/experiments/distilled/index.ts";
import { toyMixture as mixture, n } from "../../priors/mixtures.ts";

const test = suite("networks that stand for a mixture");

/** Sum of the variances of 5000 samples. */
async function totalVariance(prior: Parameters<typeof drawSamples>[0]): Promise<number> {
  const count = 5000;
  const { data } = await drawSamples(prior, count, 9);
  let total = 0;
  for (let i = 0; i < n; i++) {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < count; row++) {
      sum += data[row * n + i]!;
      squares += data[row * n + i]! ** 2;
    }
    total += squares / count - (sum / count) ** 2;
  }
  return total;
}

for (const kind of distilledNames) {
  for (const labels of [true, false]) {
    test(`${kind}, ${labels ? "with" : "without"} labels: training moves variance from the residual to the network`, async () => {
      const { labels: _, ...unlabelled } = mixture;
      const settings = { latent: 2, hidden: [32], batch: 200, learningRate: 0.01, seed: 3 };
      const taught = await distil(labels ? mixture : unlabelled, kind, { ...settings, steps: 800 });
      const { prior } = taught;
      const residual = prior.residual!.data.reduce((sum, v, i) => (i % (n + 1) === 0 ? sum + v : sum), 0);
      const [whole, own] = [await totalVariance(prior), await totalVariance(withoutResidual(prior))];
      const wanted = await totalVariance(mixture);
      assert.ok(Math.abs(whole / wanted - 1) < 0.15, `${whole} and ${wanted}`); // 5000 samples, and what is not learned
      assert.ok(own > 0.6 * wanted && residual < 0.4 * wanted, `${own} and ${residual} of ${wanted}`);
      const loss = (from: number) => taught.history.slice(from, from + 50).reduce((sum, v) => sum + v / 50, 0);
      assert.ok(loss(750) < loss(0), `${loss(0)} to ${loss(750)}`);
    });
  }

  test(`${kind}: the same seed gives the same weights, another one others`, async () => {
    const weights = async (seed: number) => {
      const made = await distil(mixture, kind, { latent: 2, hidden: [8], steps: 5, batch: 20, seed });
      return made.weights.map(({ data }) => Array.from(data));
    };
    assert.equal(await weights(4), await weights(4));
    assert.not.equal(await weights(4), await weights(5));
  });
}

test.run();
