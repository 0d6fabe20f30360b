import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { generatorPrior } from "../../../priors/generator/index.ts";
import { drawLabelled } from "../../../priors/samples.ts";
import { gaussianModel } from "../../../scripts/experiments/features/gaussian.ts";
import { covariance, mean, ofLabel, sketchDataset } from "../../../src/sketch/index.ts";
import { designs, gaussianData } from "../../sketch/tiny.ts";

const test = suite("the experiment of features");

test("second moments alone draw each label's own mean and covariance (20 000 draws, 5 standard errors)", async () => {
  const design = await designs["by label, moments of a network"]!({ features: "raw" });
  const sketch = await sketchDataset(gaussianData(600), design);
  const { signals, labels } = await drawLabelled(generatorPrior("gaussian", await gaussianModel(sketch)), 20_000, 1);
  for (let label = 0; label < 3; label++) {
    const own = await ofLabel(sketch, label);
    const [m, c] = [mean(own), covariance(own)];
    const rows = [...labels!.data.keys()].filter((row) => labels!.data[row] === label);
    const all = ndarray(signals.data, [20_000, 3]);
    for (let i = 0; i < 3; i++) {
      const average = rows.reduce((sum, row) => sum + all.get(row, i) / rows.length, 0);
      assert.ok(Math.abs(average - m[i]!) < 5 * Math.sqrt(c[4 * i]! / rows.length), `mean ${i} of ${label}`);
      const variance = rows.reduce((sum, row) => sum + (all.get(row, i) - m[i]!) ** 2 / rows.length, 0);
      assert.ok(
        Math.abs(variance - c[4 * i]!) < 5 * c[4 * i]! * Math.sqrt(2 / rows.length),
        `variance ${i} of ${label}`,
      );
    }
  }
});

test.run();
