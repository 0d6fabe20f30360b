import { mkdirSync } from "node:fs";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { restore } from "../../../scripts/experiments/restore.ts";
import { openDataset, readRows } from "../../../src/data/index.ts";
import { inProcess } from "../../cli/spawn.ts";
import { scratch } from "../../data/tiny.ts";

const test = suite("experiment restore");
const at = scratch();

const run = (...words: string[]) => inProcess(["restore", ...words], { restore });

const leaves = (await readRows(await openDataset("dead-leaves"), 0, 3)).data;
async function image(file: string, index: number, [height, width]: readonly [number, number]) {
  const bytes = Uint8Array.from({ length: height * width }, (_, i) =>
    Math.round(255 * leaves[(index * 128 + Math.floor(i / width)) * 128 + (i % width)]!),
  );
  await sharp(bytes, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(at(file));
}
for (const folder of ["images", "tune", "uneven"]) mkdirSync(at(folder), { recursive: true });
await image("images/a.png", 0, [32, 24]);
await image("images/b.png", 1, [20, 28]);
await image("tune/c.png", 2, [24, 24]);
await image("uneven/a.png", 0, [24, 24]);
await image("uneven/b.png", 1, [20, 24]);

test("a line for each prior, the mean over images of different sizes, λ chosen on other images", async () => {
  const { code, stdout, stderr } = await run(
    at("images"),
    "--prior",
    "tv",
    "--prior",
    "tikhonov",
    "--tune",
    at("tune"),
    "--json",
    "--quiet",
  );
  assert.is(code, 0, stderr);
  const { rows } = JSON.parse(stdout) as { rows: { prior: string; psnr: number[]; lambda: number }[] };
  assert.equal(
    rows.map(({ prior, psnr }) => [prior, psnr.length]),
    [
      ["tv", 2],
      ["tikhonov", 2],
    ],
  );
  assert.ok(rows.every(({ lambda }) => lambda > 0));
  for (const i of [0, 1]) assert.ok(rows[0]!.psnr[i]! > 20 && rows[0]!.psnr[i]! > rows[1]!.psnr[i]!); // noisy: 20 dB
  const text = (await run(at("images"), "--prior", "tv", "--quiet")).stdout.trim().split("\n");
  assert.equal(new Set(text.map((line) => line.split("|").length)).size, 1, "every line has as many columns");
});

test("images of different sizes to choose λ on, and a folder without images, are refused in one line", async () => {
  const uneven = await run(at("images"), "--prior", "tv", "--tune", at("uneven"), "--quiet");
  assert.match(uneven.stderr, /^error: --tune: .*b\.png has another size than .*a\.png; give images of one size\n$/);
  assert.match((await run(at("."), "--prior", "tv", "--quiet")).stderr, /^error: .*holds no images\n$/);
});

test.run();
