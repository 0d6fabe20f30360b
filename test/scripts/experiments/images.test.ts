import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import ndarray from "ndarray";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cifar10 } from "../../../scripts/experiments/images/cifar10.ts";
import { lfw } from "../../../scripts/experiments/images/lfw.ts";
import { quickdraw } from "../../../scripts/experiments/images/quickdraw.ts";
import { images } from "../../../scripts/experiments/images.ts";
import { encodeNpy, openDataset, readRows } from "../../../src/data/index.ts";
import { inProcess } from "../../cli/spawn.ts";
import { refuses, scratch } from "../../data/tiny.ts";

const test = suite("images");
const file = scratch();
const options = { test: false, grey: false, seed: 1, signal: new AbortController().signal };

/** A new folder in the scratch folder. */
function folder(name: string): string {
  mkdirSync(file(name), { recursive: true });
  return file(name);
}

/** A picture of `count` images 32 × 32, one a row: pixel p of image i is (i, p mod 256, 7). */
async function pictures(name: string, count: number, width = 1024): Promise<void> {
  const raw = new Uint8Array(count * width * 3);
  for (let at = 0; at < count * width; at++) raw.set([Math.floor(at / width), at % 256, 7], 3 * at);
  await sharp(raw, { raw: { width, height: count, channels: 3 } })
    .png()
    .toFile(name);
}

/** A folder as the package of CIFAR-10 has it: two images in the first batch of five, one in every other and in the test batch. */
async function cifarFolder(): Promise<string> {
  const from = folder("cifar");
  for (const batch of [1, 2, 3, 4, 5]) await pictures(path.join(from, `data_batch_${batch}.png`), batch === 1 ? 2 : 1);
  await pictures(path.join(from, "test_batch.png"), 1);
  writeFileSync(path.join(from, "train_lables.json"), "[0, 1, 2, 3, 4, 9]");
  writeFileSync(path.join(from, "test_lables.json"), "[5]");
  return from;
}

test("cifar10: the command writes what data sets are read from, rows as images and labels of all batches", async () => {
  const from = await cifarFolder();
  const out = file("cifar.npz");
  const { code, stdout, stderr } = await inProcess(["images", "cifar10", "--from", from, "-o", out], { images });
  assert.is(code, 0, stderr);
  assert.match(stdout, /^images +6 of 32×32×3$/m);
  const dataset = await openDataset(out);
  assert.equal([...(await dataset.labels!())], [0, 1, 2, 3, 4, 9]);
  const second = await readRows(dataset, 1, 2);
  assert.equal(second.shape, [1, 32, 32, 3]);
  const [i, j] = [3, 17];
  assert.equal(
    [0, 1, 2].map((channel) => Math.round(255 * second.get(0, i, j, channel))),
    [1, 32 * i + j, 7],
  );
});

test("cifar10: grey is .299 red + .587 green + .114 blue; the test batch has its own labels", async () => {
  const { images, labels } = await cifar10.read(await cifarFolder(), { ...options, grey: true, test: true });
  assert.equal(images.shape, [1, 32, 32]);
  assert.is(images.get(0, 2, 5), Math.round(0.587 * 69 + 0.114 * 7));
  assert.equal([...labels!], [5]);
});

test("cifar10: refuses pictures of another width, and labels that do not fit", async () => {
  const from = await cifarFolder();
  await pictures(path.join(from, "test_batch.png"), 1, 100);
  await refuses(
    () => cifar10.read(from, { ...options, test: true }),
    /test_batch\.png: is 100 pixels wide, expected 1024/,
  );
  writeFileSync(path.join(from, "train_lables.json"), "[0, 1, 2]");
  await refuses(() => cifar10.read(from, options), /train_lables\.json: expected a list of 6 labels from 0 to 9/);
  writeFileSync(path.join(from, "train_lables.json"), "{");
  await refuses(() => cifar10.read(from, options), /train_lables\.json: is not JSON/);
});

test("quickdraw: a fifth of the drawings is held out, and each is in one of the two parts", async () => {
  const from = folder("quickdraw");
  mkdirSync(path.join(from, "src/drawings"), { recursive: true });
  const line = (value: number) => JSON.stringify(new Array(784).fill(value / 255));
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(path.join(from, "src/drawings", name), gzipSync(`${lines.join("\n")}\n`));
  write("ant.ndjson.gz", [0, 1, 2, 3, 4].map(line));
  write("bat.ndjson.gz", [5, 6, 7, 8, 255].map(line));
  const values = async (own: object) => {
    const { images } = await quickdraw.read(from, { ...options, ...own });
    assert.equal(images.shape.slice(1), [28, 28]);
    return Array.from({ length: images.shape[0]! }, (_, i) => images.get(i, 27, 27));
  };
  const [rest, held] = [await values({}), await values({ test: true })];
  assert.is(held.length, 2);
  assert.equal(
    [...rest, ...held].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 255],
  );
  assert.equal(await values({}), rest);
  assert.not.equal(await values({ seed: 2 }), rest);
  write("bat.ndjson.gz", [line(0), "[1, 2]"]);
  await refuses(() => quickdraw.read(from, options), /bat\.ndjson\.gz: line 2: expected 784 numbers from 0 to 1/);
  writeFileSync(path.join(from, "src/drawings/bat.ndjson.gz"), "plain");
  await refuses(() => quickdraw.read(from, options), /bat\.ndjson\.gz: is not a gzip file/);
  await refuses(() => quickdraw.read(file("nowhere"), options), /drawings: no such file/);
  mkdirSync(path.join(folder("empty"), "src/drawings"), { recursive: true });
  await refuses(() => quickdraw.read(file("empty"), options), /drawings: holds no file \*\.ndjson\.gz/);
});

test("lfw: 80 and 20 of the first hundred images, which are the faces", async () => {
  const from = folder("lfw");
  const numbers = Float64Array.from({ length: 200 * 625 }, (_, at) => Math.floor(at / 625) / 255);
  const write = (array: Float64Array, shape: number[]) =>
    writeFileSync(path.join(from, "lfw_subset.npy"), encodeNpy(ndarray(array, shape)));
  write(numbers, [200, 25, 25]);
  const { images } = await lfw.read(from, options);
  const { images: held } = await lfw.read(from, { ...options, test: true });
  assert.equal(
    [images.shape, held.shape],
    [
      [80, 25, 25],
      [20, 25, 25],
    ],
  );
  const faces = new Set([...images.data, ...held.data]);
  assert.is(faces.size, 100);
  assert.is(Math.max(...faces), 99);
  write(numbers.subarray(625), [199, 25, 25]);
  await refuses(() => lfw.read(from, options), /lfw_subset\.npy: expected .*\[200, 25, 25\], got \[199, 25, 25\]/);
});

test("grey of images without colours is refused", async () => {
  const args = ["scripts/experiment.ts", "images", "lfw", "--from", ".", "--grey", "-o", file("never.npz")];
  const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", ...args], {
    cwd: path.resolve(import.meta.dirname, "../../.."),
    encoding: "utf8",
  });
  assert.is(status, 1);
  assert.is(stderr, "error: --grey: the images of lfw are grey; leave it out\n");
});

test.run();
