import { mkdirSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDataset, openDatasets, readRows } from "../../src/data/index.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { stream } from "../../src/data/random.ts";
import { refuses, scratch } from "./tiny.ts";

const test = suite("patches");
const at = scratch();

/** A folder of images of two sizes, and their pixels. */
async function folder(
  name: string,
  channels: 1 | 3,
  sizes: readonly (readonly [number, number])[] = [
    [5, 7],
    [4, 3],
  ],
) {
  mkdirSync(at(name), { recursive: true });
  const random = stream(3, name);
  const images: { height: number; width: number; data: Uint8Array }[] = [];
  for (const [i, [height, width]] of sizes.entries()) {
    const data = Uint8Array.from({ length: height * width * channels }, () => random.integer(256));
    const image = sharp(data, { raw: { width, height, channels } });
    await (channels === 1 ? image.toColourspace("b-w") : image).png().toFile(at(`${name}/${i}.png`));
    images.push({ height, width, data });
  }
  return images;
}

/** All patches by their definition. */
function patches(
  images: Awaited<ReturnType<typeof folder>>,
  side: number,
  stride: number,
  channels: number,
): number[][] {
  const out: number[][] = [];
  for (const { height, width, data } of images) {
    for (let y = 0; y + side <= height; y += stride) {
      for (let x = 0; x + side <= width; x += stride) {
        const own: number[] = [];
        for (let i = 0; i < side; i++) {
          for (let j = 0; j < side; j++) {
            for (let c = 0; c < channels; c++)
              own.push(Math.fround(data[((y + i) * width + x + j) * channels + c]! / 255));
          }
        }
        out.push(own);
      }
    }
  }
  return out;
}

for (const channels of [1, 3] as const) {
  for (const stride of [1, 2]) {
    test(`all patches of images of different sizes, ${channels} channels, stride ${stride}, in any range and batch`, async () => {
      const wanted = patches(await folder(`c${channels}`, channels), 3, stride, channels);
      const dataset = await openDataset(`patches:${at(`c${channels}`)}:side=3,stride=${stride}`);
      assert.equal([dataset.count, dataset.shape], [wanted.length, channels === 1 ? [3, 3] : [3, 3, 3]]);
      for (const [from, to, size] of [
        [0, dataset.count, 4],
        [1, dataset.count, 100],
        [2, 5, 1],
      ] as const) {
        const found: number[] = [];
        for await (const { data, first } of dataset.batches(size, { from, to })) {
          assert.is(first, from + found.length / wanted[0]!.length);
          found.push(...data.data);
        }
        assert.equal(found, wanted.slice(from, to).flat());
      }
    });
  }
}

writeFileSync(at("one.npy"), encodeNpy(ndarray(new Float32Array(4), [1, 2, 2])));

test("typical patches are patches of the range, from all over it", async () => {
  const images = await folder(
    "many",
    1,
    Array.from({ length: 6 }, () => [4, 4] as const),
  );
  const dataset = await openDataset(`patches:${at("many")}:side=2`); // 9 patches an image
  const all = patches(images, 2, 1, 1).map(String);
  const found = await dataset.typical!(30, { from: 9, to: 5 * 9 });
  const places = Array.from({ length: 30 }, (_, i) => all.indexOf(String([...found.data.subarray(4 * i, 4 * i + 4)])));
  assert.ok(places.every((place) => place >= 9 && place < 45));
  assert.is(new Set(places.map((place) => Math.floor(place / 9))).size, 4);
  const both = await openDatasets([`patches:${at("many")}:side=2`, `patches:${at("many")}:side=2`]);
  assert.equal((await both.typical!(41, { from: 0, to: both.count })).shape, [41, 2, 2]);
  await refuses(
    () => openDatasets([`patches:${at("many")}:side=2`, at("one.npy")]),
    /holds whole samples, others hold patches/,
  );
});

test("patches of other data sets: arrays of images, and dead leaves", async () => {
  writeFileSync(
    at("a.npy"),
    encodeNpy(
      ndarray(
        Float32Array.from({ length: 32 }, (_, i) => i),
        [2, 4, 4],
      ),
    ),
  );
  const own = await openDataset(`patches:${at("a.npy")}:side=4`);
  assert.equal(
    [...(await readRows(own, 1, 2)).data],
    Array.from({ length: 16 }, (_, i) => 16 + i),
  );
  assert.equal((await openDataset("patches:dead-leaves")).shape, [8, 8]);
});

test("dead leaves: the same images whatever the batches, in [0, 1], with edges and flat parts", async () => {
  const leaves = await openDataset("dead-leaves");
  const [two, second] = [await readRows(leaves, 3, 5), await readRows(leaves, 4, 5)];
  assert.equal(two.data.subarray(128 * 128), second.data);
  assert.ok(two.data.every((v) => v >= 0 && v <= 1));
  const steps = Array.from({ length: 128 * 127 }, (_, i) => {
    const place = Math.floor(i / 127) * 128 + (i % 127);
    return Math.abs(two.data[place + 1]! - two.data[place]!);
  });
  assert.ok(
    steps.filter((v) => v < 0.02).length > 0.15 * steps.length,
    `flat parts: ${steps.filter((v) => v < 0.02).length / steps.length}`,
  );
  assert.ok(steps.filter((v) => v > 0.2).length > 0.02 * steps.length, "edges");
});

test("grey=true: patches of the mean of the colours; grey images stay as they are", async () => {
  const images = await folder("coloured", 3);
  const { data, shape } = await readRows(await openDataset(`patches:${at("coloured")}:side=3,grey=true`), 0, 17);
  assert.equal(shape, [17, 3, 3]);
  const [{ data: first }] = images as [(typeof images)[0]];
  for (const [place, pixel] of [
    [0, 0],
    [5, 9], // row 1, column 2 of a patch, in an image 7 pixels wide
  ] as const) {
    const mean = [0, 1, 2].reduce((sum, c) => sum + first[3 * pixel + c]! / 255 / 3, 0);
    assert.ok(Math.abs(data[place]! - mean) < 1e-6);
  }
  await folder("plain", 1);
  const [as, is] = await Promise.all(
    ["", ",grey=true"].map((end) => openDataset(`patches:${at("plain")}:side=3${end}`)),
  );
  assert.equal((await readRows(as!, 0, as!.count)).data, (await readRows(is!, 0, is!.count)).data);
});

test("bad input is refused in one line", async () => {
  await folder("small", 1);
  await refuses(() => openDataset(`patches:${at("small")}:side=5`), /image 1 is 3×4, smaller than a patch of 5×5/);
  await refuses(() => openDataset(`patches:${at("small")}:stride=0`), /stride: expected a positive integer, got 0/);
  await refuses(() => openDataset(`patches:${at("small")}:sid=3`), /unknown option "sid"; did you mean side\?/);
  mkdirSync(at("none"));
  await refuses(() => openDataset(`patches:${at("none")}`), /holds no images/);
  await refuses(() => openDataset("patches:spiral"), /samples of shape \[2\], expected images/);
  await refuses(() => openDataset(`patches:${at("absent")}`), /absent/);
});

test.run();
