import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy, openDataset, openDatasets, readRows, stream } from "../../src/data/index.ts";
import { streamDataset } from "../../src/data/raw.ts";
import { reads, refuses, scratch } from "./tiny.ts";

const test = suite("inputs");
const at = scratch();

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

test("csv: a header of numbers, as pandas writes it, is one where that is said", async () => {
  writeFileSync(at("pandas.csv"), `0,1\n${csvLines.join("\n")}`);
  await reads(await openDataset(at("pandas.csv"), { header: true }), [2], numbers);
  assert.is((await openDataset(at("pandas.csv"))).count, 8);
  writeFileSync(at("words.csv"), "x,y\n1,2\n");
  await refuses(
    async () => readRows(await openDataset(at("words.csv"), { header: false }), 0, 1),
    /words\.csv: line 1: column 1 holds "x", expected a number/,
  );
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
  writeFileSync(at("information.csv"), "information,nano\n1,2\n");
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
  await refuses(() => open('1,2\n3,""\n'), /bad\.csv: line 2: column 2 holds """"/);
  await refuses(() => open("1,2\n3,\n"), /bad\.csv: line 2: column 2 holds ""/);
  for (const missing of [",", "NA,NA", "nan,nan", "x,", "N/A,null", '"",""', "-NaN,Inf"]) {
    await refuses(
      () => open(`${missing}\n1,2\n3,4`),
      /bad\.csv: line 1: column \d holds .*, expected a number; remove or repair such lines; a header names every column/,
    );
  }
  await reads(await openDataset(at("information.csv")), [2], [1, 2]);
  await refuses(() => open("1,2\n3,1e40\n"), /bad\.csv: row 1 holds Infinity/);
  await refuses(() => open("1,label\n3,1.5\n"), /bad\.csv: line 2: the label must be an integer from 0 to 255/);
  await refuses(() => open("label\n3\n"), /bad\.csv: holds no column of numbers beside the label/);
  await refuses(() => open("x,y\n"), /bad\.csv: holds no samples/);
  await refuses(() => open(""), /bad\.csv: holds no samples/);
  await refuses(() => openDataset(at("none.csv")), /none\.csv: no such file/);
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
    () => openDatasets([at("a.npy"), at("wide.csv")]),
    /wide\.csv: holds samples of shape \[30000\], but .*a\.npy holds \[2\]; all must have one shape/,
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

test("shape makes samples of the same numbers: rows of another shape, or several rows together", async () => {
  writeFileSync(at("flat.npy"), encodeNpy(ndarray(numbers.slice(0, 12), [2, 6])));
  await reads(await openDataset(at("flat.npy"), { shape: [2, 3] }), [2, 3], numbers.slice(0, 12));
  const one = await openDataset(at("flat.npy"), { shape: [4, 3] });
  assert.equal([one.count, one.shape], [1, [4, 3]]);
  assert.equal((await readRows(one, 0, 1)).data, numbers.slice(0, 12));
  writeFileSync(at("square.npy"), encodeNpy(ndarray(stream(1, "square").fillNormal(new Float32Array(784)), [28, 28])));
  assert.equal((await openDataset(at("square.npy"), { shape: [28, 28] })).count, 1);
  await reads(await openDataset(at("labels.csv"), { shape: [2, 1] }), [2, 1], numbers);
  const labelled = await openDataset(at("labels.csv"), { shape: [1, 2] });
  assert.equal([...(await labelled.labels!())], [3, 4, 5, 6, 7, 8, 9]);
  await refuses(
    () => openDataset(at("flat.npy"), { shape: [5] }),
    /flat\.npy: holds 2 samples of shape \[6\], which are no whole number of samples of shape \[5\]/,
  );
  await refuses(() => openDataset(at("labels.csv"), { shape: [2, 2] }), /labels\.csv: holds 7 samples of shape \[2\]/);
});

test("a stream holds an .npy file or raw numbers, and can be read more than once", async () => {
  const chunks = (bytes: Uint8Array) => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]);
  const npy = await streamDataset(chunks(encodeNpy(ndarray(numbers, [7, 2]))));
  await reads(npy, [2], numbers);
  assert.is(npy.name, "standard input");
  await reads(await streamDataset(chunks(bytesOf(numbers)), [2]), [2], numbers);
  await refuses(() => streamDataset(chunks(bytesOf(numbers))), /standard input: is not an \.npy file; .* say --shape/);
  const like = new Uint8Array(bytesOf(numbers).map((v, i) => (i === 0 ? 0x93 : v))); // begins as .npy does, by chance
  const [first] = new Float32Array(like.slice().buffer);
  await reads(await streamDataset(chunks(like), [2]), [2], [first!, ...numbers.slice(1)]);
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
