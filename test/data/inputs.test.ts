import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import jpeg from "jpeg-js";
import ndarray from "ndarray";
import { PNG } from "pngjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Dataset, encodeNpy, openDataset, openDatasets, readRows, stream } from "../../src/data/index.ts";
import { streamDataset } from "../../src/data/raw.ts";
import { refuses, scratch } from "./tiny.ts";

const test = suite("inputs");
const at = scratch();

/** Every batch size and range gives the same rows, in order. */
async function reads(dataset: Dataset, shape: readonly number[], want: ArrayLike<number>): Promise<void> {
  const width = shape.reduce((a, b) => a * b, 1);
  const count = want.length / width;
  assert.equal([dataset.count, dataset.shape], [count, [...shape]]);
  for (const size of [1, 3, 100]) {
    for (const [from, to] of [
      [0, count],
      [2, count],
      [1, 4],
      [3, 3],
    ] as const) {
      let row: number = from;
      for await (const { first, data } of dataset.batches(size, { from, to })) {
        assert.is(first, row);
        assert.is(data.shape[0], Math.min(size, to - row));
        assert.equal([...data.data], [...Array.from(want).slice(row * width, (row + data.shape[0]!) * width)]);
        row += data.shape[0]!;
      }
      assert.is(row, to);
    }
  }
}

const numbers = Float32Array.from({ length: 14 }, (_, i) => i * 1.5 - 4);
const csvLines = Array.from({ length: 7 }, (_, i) => `${numbers[2 * i]},${numbers[2 * i + 1]}`);

test("csv: with and without header, CRLF, tabs, quotes, gzip, empty lines, no newline at the end", async () => {
  const variants: Record<string, string | Buffer> = {
    "plain.csv": `${csvLines.join("\n")}\n`,
    "header.csv": `x,y\r\n${csvLines.join("\r\n")}`,
    "tabs.tsv": csvLines.map((line) => line.replace(",", "\t")).join("\n"),
    "semicolons.csv": csvLines.map((line) => line.replace(",", " ; ")).join("\n\n"),
    "quoted.csv": `"x","y"\n${csvLines.map((line) => `"${line.replace(",", '","')}"`).join("\n")}`,
    "packed.csv.gz": gzipSync(csvLines.join("\n")),
  };
  for (const [name, content] of Object.entries(variants)) {
    writeFileSync(at(name), content);
    const dataset = await openDataset(at(name));
    await reads(dataset, [2], numbers);
    assert.is(dataset.labels, undefined);
  }
});

test("csv: a column that the header calls label becomes the labels", async () => {
  writeFileSync(
    at("labels.csv"),
    `x,label,1\n${csvLines.map((line, i) => line.replace(",", `,${i + 3},`)).join("\n")}`,
  );
  const dataset = await openDataset(at("labels.csv"));
  await reads(dataset, [2], numbers);
  assert.equal([...(await dataset.labels!())], [3, 4, 5, 6, 7, 8, 9]);
});

test("csv: lines longer than the chunks of the stream, and more lines than a chunk", async () => {
  const [rows, width] = [40, 30_000];
  const want = stream(1, "csv").fillNormal(new Float32Array(rows * width));
  const lines = Array.from({ length: rows }, (_, r) => want.subarray(r * width, (r + 1) * width).join(","));
  writeFileSync(at("wide.csv"), lines.join("\n"));
  const dataset = await openDataset(at("wide.csv"));
  assert.equal((await readRows(dataset, 0, rows)).data, want);
});

test("csv: what is wrong is said with its line", async () => {
  const open = async (content: string) => {
    writeFileSync(at("bad.csv"), content);
    const dataset = await openDataset(at("bad.csv"));
    for await (const _ of dataset.batches(2));
    await dataset.labels?.();
  };
  await refuses(
    () => open("x,y\n1,2\n\n3,four\n"),
    /bad\.csv: line 4: column 2 holds "four", expected a number; remove/,
  );
  await refuses(() => open("1,2\n3\n"), /bad\.csv: line 2: expected 2 numbers, got 1/);
  await refuses(() => open("1,2\n3,4,5\n"), /bad\.csv: line 2: expected 2 numbers, got 3/);
  await refuses(() => open("1,2\n3,nan\n"), /bad\.csv: line 2: column 2 holds "nan"/);
  await refuses(() => open("1,2\n3,\n"), /bad\.csv: line 2: column 2 holds ""/);
  await refuses(() => open("1,2\n3,1e40\n"), /bad\.csv: row 1 holds Infinity/);
  await refuses(() => open("1,label\n3,1.5\n"), /bad\.csv: line 2: the label must be an integer from 0 to 255/);
  await refuses(() => open("label\n3\n"), /bad\.csv: holds no column of numbers beside the label/);
  await refuses(() => open("x,y\n"), /bad\.csv: holds no samples/);
  await refuses(() => open(""), /bad\.csv: holds no samples/);
  await refuses(() => openDataset(at("none.csv")), /none\.csv: no such file/);
});

/** A 3×2 image whose red, green and blue are given by pixel. */
const png = (pixel: (at: number) => readonly [number, number, number], [width, height] = [3, 2]): Buffer => {
  const image = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) image.data.set([...pixel(i), 255], 4 * i);
  return PNG.sync.write(image);
};
const grey = (value: number) => png((i) => [value + i, value + i, value + i]);

test("folder: grey PNGs in the order of their names become [height, width] in [0, 1]", async () => {
  mkdirSync(at("grey"));
  for (const i of [3, 0, 4, 1, 2]) writeFileSync(at(`grey/${i}.png`), grey(10 * i));
  writeFileSync(at("grey/notes.txt"), "not an image");
  const want = Array.from({ length: 30 }, (_, at) => Math.fround((10 * Math.floor(at / 6) + (at % 6)) / 255));
  const dataset = await openDataset(at("grey"));
  await reads(dataset, [2, 3], want);
  assert.is(dataset.labels, undefined);
});

test("folder: colour PNG and JPEG become [height, width, 3]; sub-folders are labels", async () => {
  for (const [name, files] of Object.entries({ cats: ["a.png"], dogs: ["b.jpg", "c.JPEG"], empty: [] })) {
    mkdirSync(at(`classes/${name}`), { recursive: true });
    for (const file of files) {
      const pixels = Buffer.alloc(8 * 8 * 4, Buffer.from([200, 30, 90, 255]));
      const bytes = file.endsWith("png")
        ? png(() => [200, 30, 90], [8, 8])
        : jpeg.encode({ width: 8, height: 8, data: pixels }, 95).data;
      writeFileSync(at(`classes/${name}/${file}`), bytes);
    }
  }
  const dataset = await openDataset(at("classes"));
  assert.equal([dataset.count, dataset.shape], [3, [8, 8, 3]]);
  assert.equal([...(await dataset.labels!())], [0, 1, 1]);
  const { data } = await readRows(dataset, 0, 3);
  for (const [i, v] of data.entries()) assert.ok(Math.abs(v - [200, 30, 90][i % 3]! / 255) < 0.03); // JPEG is lossy
});

test("folder: images of two sizes, damaged ones and none at all are refused by name", async () => {
  const open = async (name: string) => {
    const dataset = await openDataset(at(name));
    for await (const _ of dataset.batches(2));
  };
  mkdirSync(at("none"));
  await refuses(() => open("none"), /none: holds no images \(\.png, \.jpg, \.jpeg\), nor do its sub-folders/);
  mkdirSync(at("sizes"));
  writeFileSync(at("sizes/a.png"), grey(1));
  writeFileSync(
    at("sizes/b.png"),
    png(() => [1, 1, 1], [2, 2]),
  );
  await refuses(() => open("sizes"), /sizes[\\/]b\.png: is 2×2, but .*a\.png is 3×2; all images must have one size/);
  for (const [name, bytes] of [
    ["a.png", grey(1).subarray(0, 40)],
    ["a.jpg", Buffer.from("no jpeg")],
  ] as const) {
    const folder = `broken-${path.extname(name).slice(1)}`;
    mkdirSync(at(folder));
    writeFileSync(at(`${folder}/${name}`), bytes);
    await refuses(() => open(folder), new RegExp(`a${path.extname(name)}: the image cannot be read`));
  }
});

test("several data sets are one, whatever the batches; labels where all have them", async () => {
  writeFileSync(at("a.npy"), encodeNpy(ndarray(numbers.slice(0, 4), [2, 2])));
  writeFileSync(at("b.csv"), csvLines.slice(2, 5).join("\n"));
  writeFileSync(at("c.npy"), encodeNpy(ndarray(numbers.slice(10), [2, 2])));
  const dataset = await openDatasets([at("a.npy"), at("b.csv"), at("c.npy")]);
  await reads(dataset, [2], numbers);
  assert.is(dataset.labels, undefined);
  assert.is(dataset.name, `${at("a.npy")} + ${at("b.csv")} + ${at("c.npy")}`);
  const twice = await openDatasets([at("labels.csv"), at("labels.csv")]);
  assert.equal([...(await twice.labels!())], [3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 6, 7, 8, 9]);
  assert.is((await openDatasets([at("a.npy")])).name, at("a.npy"));
  await refuses(
    () => openDatasets([at("a.npy"), at("grey")]),
    /grey: holds samples of shape \[2,3\], but .*a\.npy holds \[2\]; all must have one shape/,
  );
  await refuses(() => openDatasets(["-", "-"]), /data: - can be read once only/);
});

const bytesOf = (data: Float32Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

test("raw float32 numbers need their shape; bytes that do not fit it are refused", async () => {
  writeFileSync(at("d.f32"), bytesOf(numbers));
  await reads(await openDataset(at("d.f32"), { shape: [2] }), [2], numbers);
  await refuses(() => openDataset(at("d.f32")), /d\.f32: raw float32 numbers need their shape; say --shape, as 28,28/);
  await refuses(
    () => openDataset(at("d.f32"), { shape: [2, 2] }),
    /d\.f32: 56 bytes are no whole number of float32 samples of shape \[2,2\] \(16 bytes each\)/,
  );
  await refuses(() => openDataset(at("d.f32"), { shape: [0] }), /data: shape: expected positive integers/);
  writeFileSync(at("empty.raw"), "");
  await refuses(() => openDataset(at("empty.raw"), { shape: [2] }), /empty\.raw: holds no samples/);
});

test("a stream holds an .npy file or raw numbers, and can be read more than once", async () => {
  const chunks = (bytes: Uint8Array) => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]);
  const npy = await streamDataset(chunks(encodeNpy(ndarray(numbers, [7, 2]))));
  await reads(npy, [2], numbers);
  assert.is(npy.name, "standard input");
  await reads(await streamDataset(chunks(bytesOf(numbers)), [2]), [2], numbers);
  await refuses(() => streamDataset(chunks(bytesOf(numbers))), /standard input: is not an \.npy file; .* say --shape/);
  await refuses(() => streamDataset(Readable.from([])), /standard input: holds no samples/);
});

test("- is the standard input of the process", () => {
  const program =
    "const { openDataset } = await import(process.argv[1]); const { count, shape } = await openDataset('-'); " +
    "console.log(count, String(shape))";
  const source = path.resolve(import.meta.dirname, "../../src/data/index.ts");
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program, source],
    { input: encodeNpy(ndarray(numbers, [7, 2])), encoding: "utf8", cwd: path.dirname(source) },
  );
  assert.is(stdout.trim(), "7 2", stderr);
});

test.run();
