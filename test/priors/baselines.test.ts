import { suite } from "uvu";
import * as assert from "uvu/assert";
import { baselineNames, baselines, describeBaselines, makePrior } from "../../priors/registry.ts";
import { refuses } from "../data/tiny.ts";
import { apply, difference, draw } from "../operators/draws.ts";

const test = suite("baseline priors");

for (const name of baselineNames) {
  test(`${name}: is 0 at 0, positive elsewhere, one value a signal, and compiled as op by op`, async () => {
    const prior = makePrior(name, [6, 4]);
    const x = draw(1, [3, 6, 4]);
    const value = await apply(prior.value, x);
    assert.equal(value.shape, [3]);
    assert.ok(value.data.every((v) => v > 0));
    assert.ok(difference((await apply(prior.value, x, "tfjs")).data, value.data) < 1e-5);
    x.data.fill(0);
    assert.equal([...(await apply(prior.value, x)).data], [0, 0, 0]);
  });
}

test("help describes every baseline", () => {
  for (const name of baselineNames) assert.ok(describeBaselines().includes(baselines[name].summary));
});

test("unknown names and shapes that do not fit are refused in one line", async () => {
  const unknown = /prior: unknown baseline "tikonov"; did you mean tikhonov\? \(tikhonov, tv, wavelet\)/;
  await refuses(() => makePrior("tikonov", [4, 4]), unknown);
  await refuses(() => makePrior("wavelet", [5, 5]), /wavelet: needs even sides/);
});

test.run();
