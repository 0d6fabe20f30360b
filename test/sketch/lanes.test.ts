import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset } from "../../src/data/index.ts";
import { configureEngine, engineSettings } from "../../src/engine/index.ts";
import { heldSums, noSums } from "../../src/sketch/exact-sums.ts";
import { sketchDataset } from "../../src/sketch/index.ts";
import { summing } from "../../src/sketch/lanes.ts";
import { designs, gaussianRows, labelsFor, tinyDesign } from "./tiny.ts";

const test = suite("sums by several processes");
/** Blocks of large and of small numbers, whose sums are too long for one float64. */
const rows = gaussianRows(1003);
for (let at = 0; at < rows.size; at++) rows.data[at]! *= Math.floor(at / 3 / 64) % 2 === 0 ? 1e4 : 1e-4;
const data = arrayDataset("uneven", rows, labelsFor(1003));
const { threads } = engineSettings();
test.after(() => configureEngine({ threads }));

for (const [name, make] of [
  ["raw, fourier and second moments", tinyDesign],
  ["by label, gated moments", designs["by label, gated moments"]!],
] as const) {
  test(`${name}: two helpers and this process give the bits of one, collected twice`, async () => {
    const design = await make({ block: 64 });
    const labels = design.labels === undefined ? undefined : labelsFor(1003);
    configureEngine({ threads: 2 });
    const lanes = await summing(design, 0);
    const sums = noSums(design);
    for await (const { first, data: block } of data.batches(64)) {
      const own = labels?.subarray(first, first + block.shape[0]!);
      await lanes.add(block, own, 1003 - first - block.shape[0]!);
      if (first === 64) assert.is(await lanes.helpers(), 2);
      if (first === 512) await lanes.collect(sums);
    }
    await lanes.collect(sums);
    await lanes.dispose();
    const { sums: want, rest } = await sketchDataset(data, design);
    assert.ok(rest);
    assert.equal(heldSums(sums), { sums: want, rest });
  });
}

test("a helper that fails ends the pass with its error", async () => {
  configureEngine({ threads: 2 });
  const design = await tinyDesign({ block: 8 });
  const lanes = await summing(design, 0);
  await lanes.add(gaussianRows(8), undefined, 100);
  assert.is(await lanes.helpers(), 2);
  const add = async () => {
    await lanes.add(gaussianRows(9), undefined, 100); // more than a block
    await lanes.collect(noSums(design));
  };
  await add().then(
    () => assert.unreachable(),
    (error) => assert.match(String(error), /RangeError|out of bounds/),
  );
  await lanes.dispose();
});

test.run();
