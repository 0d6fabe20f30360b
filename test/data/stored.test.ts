import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import ndarray from "ndarray";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy, encodeNpz, openDataset, openDatasets } from "../../src/data/index.ts";
import { streamDataset } from "../../src/data/raw.ts";
import { idxBytes, scratch } from "./tiny.ts";

const test = suite("sizes of data sets");
const at = scratch();
const sizeOf = (name: string) => statSync(at(name)).size;
const write = (name: string, bytes: Uint8Array | string) => writeFileSync(at(name), bytes);

const doubles = ndarray(new Float64Array(200), [50, 4]);
write("pixels.idx", idxBytes([50, 2, 2], new Uint8Array(200)));
write("doubles.npy", encodeNpy(doubles));
write("packed.npy.gz", gzipSync(encodeNpy(doubles)));
write("floats.raw", new Uint8Array(new Float32Array(200).buffer));
write("text.csv", "1,2,3,4\n5,6,7,8\n");

test("raw bytes are those of the numbers as the file holds them, files are as they lie on disk", async () => {
  for (const [name, raw, shape] of [
    ["pixels.idx", 200],
    ["doubles.npy", 1600],
    ["packed.npy.gz", 1600],
    ["floats.raw", 800, [4]],
    ["text.csv", 32], // 8 numbers as float32
  ] as const) {
    const dataset = await openDataset(at(name), shape ? { shape } : {});
    assert.equal(await dataset.stored!(), { raw, files: sizeOf(name) }, name);
  }
  assert.ok(sizeOf("packed.npy.gz") < 1600);
});

test("of an .npz, the packed bytes of the member that holds the samples", async () => {
  write(
    "set.npz",
    encodeNpz({ arrays: { data: doubles, labels: ndarray(new Uint8Array(50), [50]) }, metadata: undefined }),
  );
  const { raw, files } = await (await openDataset(at("set.npz"))).stored!();
  assert.is(raw, 1600);
  assert.ok(files! > 0 && files! < sizeOf("set.npz"), `${files}`);
});

test("of images, one or two bytes a number, and all files together", async () => {
  for (const [name, Numbers, bytes] of [
    ["shallow", Uint8Array, 1],
    ["deep", Uint16Array, 2],
  ] as const) {
    mkdirSync(at(name));
    for (const i of [1, 2]) {
      const image = sharp(new Numbers(12).fill(100 * i), { raw: { width: 4, height: 3, channels: 1 } });
      await image
        .toColourspace(bytes === 1 ? "b-w" : "grey16")
        .png()
        .toFile(at(`${name}/${i}.png`));
    }
    const files = readdirSync(at(name)).reduce((sum, file) => sum + sizeOf(path.join(name, file)), 0);
    assert.equal(await (await openDataset(at(name))).stored!(), { raw: 24 * bytes, files }, name);
  }
});

test("of several sets, the sum; another shape changes nothing; numbers from nowhere have no size", async () => {
  const both = await openDatasets([at("pixels.idx"), at("doubles.npy")], { shape: [4] });
  assert.equal(await both.stored!(), { raw: 1800, files: sizeOf("pixels.idx") + sizeOf("doubles.npy") });
  const joined = await openDataset(at("doubles.npy"), { shape: [8] });
  assert.equal(await joined.stored!(), { raw: 1600, files: sizeOf("doubles.npy") });
  assert.is((await openDataset("ring")).stored, undefined);
  const piped = await streamDataset(Readable.from([readFileSync(at("doubles.npy"))]));
  assert.equal(await piped.stored!(), { raw: 1600 });
});

test.run();
