import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sketchData, sketchLine, sketchWords } from "../../priors/facts.ts";
import { sketchDataset, sketchSize, sketchSizeData, sketchSizeText } from "../../src/sketch/index.ts";
import { designs, gaussianData } from "./tiny.ts";

const test = suite("sizes of sketches");

for (const [name, make] of Object.entries(designs)) {
  test(`${name}: the size is that of the sums and of the arrays that a file of the sketch holds`, async () => {
    const design = await make();
    const { sums } = await sketchDataset(gaussianData(100), design);
    const numbers = (arrays: Readonly<Record<string, { readonly length: number }>>) =>
      Object.values(arrays).reduce((sum, { length }) => sum + length, 0);
    const held = Object.fromEntries(Object.entries(design.arrays).map(([key, { data }]) => [key, data]));
    assert.equal(sketchSize(design), { sums: numbers(sums), design: numbers(held) });
  });
}

test("frequencies that are drawn from the seed do not count, the PCA's mean and basis do", async () => {
  assert.is(sketchSize(await designs["raw, fourier and second moments"]!()).design, 0);
  const { sums, design } = sketchSize(await designs["pca:2, fourier and second moments"]!());
  assert.equal([sums, design], [2 * 50 + 3 + 6, 3 + 3 * 2]);
});

test("both parts and their sum are said, in numbers and in bytes", () => {
  const size = { sums: 977_994, design: 173_424 };
  assert.is(sketchSizeText(size), "1 151 418 numbers (977 994 of sums + 173 424 of the design)");
  const bytes = { sums: 7_823_952, design: 693_696, all: 8_517_648 };
  assert.equal(sketchSizeData(size), { ...size, numbers: 1_151_418, bytes });
});

test("a prior says the size of its sketch; folders of before say what they know", () => {
  const of = { fingerprint: "0123456789abcdef0123", count: 60_000 };
  const known = { ...of, numbers: 900, design: 100 };
  assert.is(
    sketchWords(known),
    "60 000 samples in 1 000 numbers (900 of sums + 100 of the design), design 0123456789abcdef",
  );
  assert.equal(sketchData(known).size, sketchSizeData({ sums: 900, design: 100 }));
  const before = { ...of, numbers: 900 };
  assert.is(
    sketchLine(before),
    "sketch of 60 000 samples in 900 numbers of sums, those of the design not counted, design 0123456789abcdef",
  );
  assert.equal(sketchData(before), { ...of, size: { sums: 900 } });
  assert.is(sketchWords(of), "60 000 samples, design 0123456789abcdef");
});

test.run();
