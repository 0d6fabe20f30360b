import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDataset, openDatasets, readArray, readRows } from "../../src/data/index.ts";
import { reads, refuses, scratch } from "./tiny.ts";

const test = suite("images");
const at = scratch();

type Pixel = (at: number) => readonly number[];
/** Pixels as sharp takes them; 16-bit ones where `Numbers` says so. */
const raw = (pixel: Pixel, [width, height] = [3, 2], Numbers: typeof Uint8Array | typeof Uint16Array = Uint8Array) => {
  const data = Numbers.from(Array.from({ length: width! * height! }, (_, i) => [...pixel(i)]).flat());
  const channels = (data.length / width! / height!) as 1 | 2 | 3 | 4;
  return sharp(data, { raw: { width: width!, height: height!, channels } });
};
const greyOf = (value: number) => raw((i) => [value + i]).toColourspace("b-w");
const folder = (name: string) => {
  mkdirSync(at(name), { recursive: true });
  return name;
};
const pixels = async (file: string) => {
  const { data, shape } = await readArray(at(file));
  return { shape, data: [...data] };
};

test("one file of any format is a data set of one sample, in [0, 1]", async () => {
  const grey = [0, 1, 2, 3, 4, 5].map((v) => Math.fround((40 * v) / 255));
  const image = raw((i) => [40 * i]).toColourspace("b-w");
  await image.clone().png().toFile(at("a.png"));
  await image.clone().tiff({ compression: "lzw" }).toFile(at("a.TIFF"));
  await image.clone().webp({ lossless: true }).toFile(at("a.webp"));
  await image.clone().jpeg({ quality: 100 }).toFile(at("a.jpg"));
  for (const file of ["a.png", "a.TIFF", "a.webp"]) await reads(await openDataset(at(file)), [2, 3], grey);
  const lossy = await readRows(await openDataset(at("a.jpg")), 0, 1);
  for (const [i, v] of lossy.data.entries()) assert.ok(Math.abs(v - grey[i]!) < 0.02, `${v} and ${grey[i]}`);
});

test("16 bits are scaled by 65535 and keep all their digits, grey and colour", async () => {
  const values = [1, 2, 999, 30_001, 65_534, 65_535];
  await raw((i) => [values[i]!], [3, 2], Uint16Array)
    .toColourspace("grey16")
    .png()
    .toFile(at("deep.png"));
  assert.equal(await pixels("deep.png"), { shape: [2, 3], data: values.map((v) => Math.fround(v / 65_535)) });
  const colour = raw((i) => [values[i]!, 1000, 2 * i], [3, 2], Uint16Array).toColourspace("rgb16");
  await colour.png().toFile(at("deep-colour.png"));
  const want = values.flatMap((v, i) => [v, 1000, 2 * i].map((c) => Math.fround(c / 65_535)));
  assert.equal(await pixels("deep-colour.png"), { shape: [2, 3, 3], data: want });
});

test("colours that differ by one level are kept, 8 bits and 16; a grey JPEG or WebP is grey", async () => {
  await raw((i) => [100 + i, 101 + i, 100 + i])
    .png()
    .toFile(at("faint.png"));
  const faint = [0, 1, 2, 3, 4, 5].flatMap((i) => [100 + i, 101 + i, 100 + i].map((v) => Math.fround(v / 255)));
  assert.equal(await pixels("faint.png"), { shape: [2, 3, 3], data: faint });
  await raw(() => [30_000, 30_001, 30_000], [3, 2], Uint16Array)
    .toColourspace("rgb16")
    .tiff({ compression: "lzw" })
    .toFile(at("faint.tif"));
  assert.equal((await pixels("faint.tif")).shape, [2, 3, 3]);
  await raw((i) => [7 * i, 7 * i, 7 * i])
    .png()
    .toFile(at("three-greys.png"));
  assert.equal((await pixels("three-greys.png")).shape, [2, 3]);
  const noise = raw((i) => Array(3).fill((97 * i) % 256), [16, 16]); // lossy formats move its channels apart
  await noise.clone().jpeg({ quality: 75 }).toFile(at("grey.jpg"));
  await noise.clone().webp({ quality: 75 }).toFile(at("grey.webp"));
  assert.equal(
    [(await pixels("grey.jpg")).shape, (await pixels("grey.webp")).shape],
    [
      [16, 16],
      [16, 16],
    ],
  );
});

test("an opaque alpha channel is dropped, a transparent pixel is refused; several pages are refused", async () => {
  await raw((i) => [10 * i, 20, 30, 255])
    .png()
    .toFile(at("opaque.png"));
  assert.equal((await pixels("opaque.png")).shape, [2, 3, 3]);
  await raw((i) => [10 * i, 255])
    .png()
    .toFile(at("grey-opaque.png"));
  assert.equal((await pixels("grey-opaque.png")).shape, [2, 3]);
  await raw((i) => [10, 20, 30, i === 4 ? 254 : 255])
    .png()
    .toFile(at("clear.png"));
  await refuses(() => openDataset(at("clear.png")), /clear\.png: is transparent in places; save it without its alpha/);
  const pages = sharp(Buffer.from(Array.from({ length: 36 }, (_, i) => 7 * i)), {
    raw: { width: 3, height: 4, channels: 3, pageHeight: 2 },
  });
  await pages.webp({ lossless: true }).toFile(at("pages.webp"));
  await refuses(() => openDataset(at("pages.webp")), /pages\.webp: holds 2 pictures; save each to a file of its own/);
});

test("a PNG bomb is refused by the size that it says, before it is unpacked", async () => {
  const create = { width: 16_384, height: 8192, channels: 3 as const, background: "black" };
  await sharp({ create }).toColourspace("b-w").png({ compressionLevel: 1 }).toFile(at("bomb.png"));
  await refuses(() => openDataset(at("bomb.png")), /bomb\.png: is 16384×8192, more than the limit of 67108864 pixels/);
});

test("folder: grey PNGs in the order of their names become [height, width] in [0, 1]", async () => {
  folder("grey");
  for (const i of [3, 0, 4, 1, 2])
    await greyOf(10 * i)
      .png()
      .toFile(at(`grey/${i}.png`));
  writeFileSync(at("grey/notes.txt"), "not an image");
  writeFileSync(at("grey/._0.png"), "what macOS leaves beside a file");
  const want = Array.from({ length: 30 }, (_, at) => Math.fround((10 * Math.floor(at / 6) + (at % 6)) / 255));
  const dataset = await openDataset(at("grey"));
  await reads(dataset, [2, 3], want);
  assert.is(dataset.labels, undefined);
});

test("folder: colour becomes [height, width, 3]; sub-folders are labels and name them", async () => {
  for (const [name, files] of Object.entries({ cats: ["a.png"], dogs: ["b.jpg", "c.JPEG"], empty: [] })) {
    folder(`classes/${name}`);
    for (const file of files) {
      const image = raw(() => [200, 30, 90], [8, 8]);
      await (file.endsWith("png") ? image.png() : image.jpeg({ quality: 95 })).toFile(at(`classes/${name}/${file}`));
    }
  }
  const dataset = await openDataset(at("classes"));
  assert.equal([dataset.count, dataset.shape, dataset.labelNames], [3, [8, 8, 3], ["cats", "dogs"]]);
  assert.equal([...(await dataset.labels!())], [0, 1, 1]);
  const { data } = await readRows(dataset, 0, 3);
  for (const [i, v] of data.entries()) assert.ok(Math.abs(v - [200, 30, 90][i % 3]! / 255) < 0.03); // JPEG is lossy
});

test("folder: links to folders are classes, links to images are images", async () => {
  folder("linked/own");
  folder("away");
  for (const name of ["linked/own/a.png", "aside.png", "away/c.png"]) {
    await greyOf(name.length).png().toFile(at(name));
  }
  symlinkSync(at("away"), at("linked/cats"), "dir");
  symlinkSync(at("aside.png"), at("linked/own/b.png"));
  const dataset = await openDataset(at("linked"));
  assert.equal([dataset.count, dataset.labelNames, [...(await dataset.labels!())]], [3, ["cats", "own"], [0, 1, 1]]);
});

test("several folders keep their classes, which must be the same", async () => {
  for (const [name, inside] of [
    ["one", ["cats", "dogs"]],
    ["two", ["cats", "dogs"]],
    ["three", ["cats", "foxes"]],
  ] as const) {
    for (const label of inside)
      await greyOf(1)
        .png()
        .toFile(at(`${folder(`${name}/${label}`)}/x.png`));
  }
  const both = await openDatasets([at("one"), at("two")]);
  assert.equal(
    [both.labelNames, [...(await both.labels!())]],
    [
      ["cats", "dogs"],
      [0, 1, 0, 1],
    ],
  );
  await refuses(
    () => openDatasets([at("one"), at("three")]),
    /three: has the classes cats, foxes, but .*one has cats, dogs; all must have the same classes/,
  );
});

test("folder: an image beside class folders is named, not taken for the data", async () => {
  await greyOf(1)
    .png()
    .toFile(at(`${folder("stray/cats")}/a.png`));
  await greyOf(2).png().toFile(at("stray/preview.png"));
  await refuses(
    () => openDataset(at("stray")),
    /stray.preview\.png: is an image beside 1 sub-folders of images \(cats, …\)/,
  );
});

test("folder: images of two sizes, damaged ones and none at all are refused by name", async () => {
  const open = async (name: string) => {
    const dataset = await openDataset(at(name));
    for await (const _ of dataset.batches(2));
  };
  await refuses(() => open(folder("none")), /none: holds no images \(\.png, \.jpg, .*\), nor do its sub-folders/);
  folder("sizes");
  await greyOf(1).png().toFile(at("sizes/a.png"));
  await raw(() => [1], [2, 2])
    .png()
    .toFile(at("sizes/b.png"));
  await refuses(() => open("sizes"), /sizes[\\/]b\.png: is 2×2, but .*a\.png is 3×2; all images must have one size/);
  writeFileSync(at(`${folder("cut")}/a.png`), (await greyOf(1).png().toBuffer()).subarray(0, 60));
  await refuses(() => open("cut"), /a\.png: the image cannot be read/);
  writeFileSync(at(`${folder("text")}/a.jpg`), "no jpeg");
  await refuses(() => open("text"), /a\.jpg: the image cannot be read/);
  await refuses(() => openDataset(at("none.png")), /none\.png: no such file; check the path/);
});

test.run();
