import { suite } from "uvu";
import * as assert from "uvu/assert";
import { configureEngine, engineSettings } from "../../src/engine/index.ts";
import { heldSums, noSums } from "../../src/sketch/exact-sums.ts";
import { sketchDataset } from "../../src/sketch/index.ts";
import { summing } from "../../src/sketch/lanes.ts";
import { designs, gaussianData, gaussianRows, labelsFor, tinyDesign } from "./tiny.ts";

const test = suite("sums by several processes");
const data = gaussianData(1003);
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
    const { sums: want } = await sketchDataset(data, design);
    assert.equal(heldSums(sums).sums, want);
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
