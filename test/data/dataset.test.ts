import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crc32 } from "../../src/data/crc.ts";
import {
  arrayDataset,
  type Dataset,
  datasetNames,
  encodeNpy,
  encodeNpz,
  openDataset,
  readRows,
  syntheticDataset,
  syntheticSets,
} from "../../src/data/index.ts";
import { everyType, npyFile } from "./npy-files.ts";
import { idxBytes, numpy, python, refuses, scratch } from "./tiny.ts";

const test = suite("data sets");
const at = scratch();

/** Seven samples of shape [2, 3]: sample i holds 6i … 6i+5. */
const counting = Float32Array.from({ length: 42 }, (_, i) => i);
const array = ndarray(counting, [7, 2, 3]);

writeFileSync(at("t-images-idx3-ubyte"), idxBytes([7, 2, 3], counting));
writeFileSync(at("t-labels-idx1-ubyte"), idxBytes([7], [0, 1, 2, 3, 4, 5, 9]));
writeFileSync(at("t.idx.gz"), gzipSync(readFileSync(at("t-images-idx3-ubyte"))));
writeFileSync(at("t.npy"), encodeNpy(array));
writeFileSync(at("t.npy.gz"), gzipSync(encodeNpy(array)));
const labels = ndarray(Int32Array.of(0, 1, 2, 3, 4, 5, 9), [7]);
writeFileSync(at("t.npz"), encodeNpz({ arrays: { data: array, labels, more: labels }, metadata: undefined }));
writeFileSync(at("only.npz"), encodeNpz({ arrays: { whatever: array }, metadata: undefined }));

const sources: Record<string, { open: () => Promise<Dataset>; scale: number; labels: boolean }> = {
  idx: { open: () => openDataset(at("t-images-idx3-ubyte")), scale: 1 / 255, labels: true },
  "idx.gz": { open: () => openDataset(at("t.idx.gz")), scale: 1 / 255, labels: false },
  npy: { open: () => openDataset(at("t.npy")), scale: 1, labels: false },
  "npy.gz": { open: () => openDataset(at("t.npy.gz")), scale: 1, labels: false },
  npz: { open: () => openDataset(at("t.npz")), scale: 1, labels: true },
  "npz with one array": { open: () => openDataset(at("only.npz")), scale: 1, labels: false },
  array: { open: async () => arrayDataset("array", array), scale: 1, labels: false },
};

for (const [name, source] of Object.entries(sources)) {
  test(`${name}: batches of any size and range give the same rows in order`, async () => {
    const dataset = await source.open();
    assert.is(dataset.count, 7);
    assert.equal(dataset.shape, [2, 3]);
    const want = counting.map((v) => v * source.scale);
    for (const size of [1, 2, 3, 7, 100]) {
      for (const [from, to] of [
        [0, 7],
        [2, 7],
        [1, 4],
        [5, 5],
      ] as const) {
        let row: number = from;
        for await (const { first, data } of dataset.batches(size, { from, to })) {
          assert.is(first, row);
          const rows = Math.min(size, to - row);
          assert.equal(data.shape, [rows, 2, 3]);
          assert.equal(data.data, want.slice(row * 6, (row + rows) * 6));
          row += rows;
        }
        assert.is(row, to);
      }
    }
    assert.equal((await readRows(dataset, 3, 5)).data, want.slice(18, 30));
    assert.equal((await readRows(dataset, 4, 4)).shape, [0, 2, 3]);
    assert.is(dataset.labels !== undefined, source.labels);
    if (dataset.labels) assert.equal([...(await dataset.labels())], [0, 1, 2, 3, 4, 5, 9]);
  });
}

test("mnist: 60000 training and 10000 test digits in [0, 1], with labels; the training mean is 0.1307", async () => {
  const train = await openDataset("mnist");
  assert.equal([train.name, train.count, train.shape], ["mnist:train", 60_000, [28, 28]]);
  let [sum, largest] = [0, 0];
  for await (const { data } of train.batches(5000)) {
    for (const v of data.data) {
      sum += v;
      largest = Math.max(largest, v);
    }
  }
  assert.ok(Math.abs(sum / 60_000 / 784 - 0.1307) < 5e-5);
  assert.is(largest, 1);
  assert.equal([...(await train.labels!()).slice(0, 5)], [5, 0, 4, 1, 9]);
  const held = await openDataset("mnist:test");
  assert.is(held.count, 10_000);
  assert.equal([...(await held.labels!()).slice(0, 5)], [7, 2, 1, 0, 4]);
});

for (const name of Object.keys(syntheticSets) as (keyof typeof syntheticSets)[]) {
  test(`${name}: 100000 points near the unit disk, the same at every reading and from any row`, async () => {
    const dataset = await openDataset(name);
    assert.equal([dataset.count, dataset.shape], [100_000, [2]]);
    const whole = await readRows(dataset, 0, 5000);
    assert.equal((await readRows(dataset, 1990, 3010)).data, whole.data.slice(3980, 6020));
    for (let i = 0; i < 5000; i++) assert.ok(Math.hypot(whole.data[2 * i]!, whole.data[2 * i + 1]!) < 1.3);
    assert.not.equal((await readRows(syntheticDataset(name, 1), 0, 5)).data, whole.data.slice(0, 10));
  });
}

test("memory does not grow with the file: 400 MB are read in under 150 MB more than before", async () => {
  const header = encodeNpy(ndarray(new Float32Array(0), [0, 100])).slice();
  const text = Buffer.from(header).toString("latin1").replace("(0, 100), }      ", "(1000000, 100), }");
  closeSync(openSync(at("big.npy"), "w"));
  writeFileSync(at("big.npy"), Buffer.from(text, "latin1"));
  truncateSync(at("big.npy"), text.length + 4e8); // zeros that take no room on the disk
  const dataset = await openDataset(at("big.npy"));
  const before = process.memoryUsage.rss();
  let [rows, most] = [0, 0];
  for await (const { data } of dataset.batches(1000)) {
    rows += data.shape[0]!;
    most = Math.max(most, process.memoryUsage.rss() - before);
  }
  assert.is(rows, 1_000_000);
  assert.ok(most < 150e6, `${Math.round(most / 1e6)} MB`);
});

(numpy ? test : test.skip)("NumPy's zip64 and compressed npz files are streamed", async () => {
  python(
    "import sys, numpy as np; a = np.arange(42, dtype='f8').reshape(7, 2, 3); np.savez(sys.argv[1], data=a, labels=np.arange(7)); " +
      "np.savez_compressed(sys.argv[2], labels=np.arange(7), data=a)",
    at("stored.npz"),
    at("packed.npz"),
  );
  for (const file of ["stored.npz", "packed.npz"]) {
    const dataset = await openDataset(at(file));
    assert.equal((await readRows(dataset, 0, 7)).data, counting);
    assert.equal([...(await dataset.labels!())], [0, 1, 2, 3, 4, 5, 6]);
  }
});

test("an unknown name is refused with the nearest one and all the known", async () => {
  await refuses(() => openDataset("mnits"), /data: unknown data set "mnits"; did you mean mnist\? \(known: mnist, /);
  await refuses(() => openDataset("zzzzzzzz"), /unknown data set "zzzzzzzz", \(known: /);
  for (const name of ["toString", "constructor", "__proto__"]) {
    await refuses(() => openDataset(name), new RegExp(`^data: unknown data set "${name}"`));
  }
  for (const name of datasetNames) await refuses(() => openDataset(`${name}_`), new RegExp(`did you mean ${name}\\?`));
});

test("a named set whose package is absent says what to install", async () => {
  if (existsSync("/usr/share/datasets/fashion-mnist")) {
    const dataset = await openDataset("fashion-mnist:test");
    assert.equal([dataset.count, dataset.shape], [10_000, [28, 28]]);
  } else {
    await refuses(
      () => openDataset("fashion-mnist"),
      /fashion-mnist:train needs .* apt-get install dataset-fashion-mnist/,
    );
  }
});

test("missing, damaged and truncated files are refused by name and size", async () => {
  const open = async (name: string, bytes: Uint8Array) => {
    writeFileSync(at(name), bytes);
    const dataset = await openDataset(at(name));
    for await (const _ of dataset.batches(3));
  };
  await refuses(() => openDataset(at("none.npy")), /none\.npy: no such file; check the path/);
  await refuses(() => openDataset(at("none-idx3-ubyte")), /none-idx3-ubyte: no such file/);
  const idx = idxBytes([7, 2, 3], counting);
  await refuses(
    () => open("cut.idx", idx.subarray(0, 50)),
    /^idx: .*cut\.idx: file is truncated, expected 58 bytes, got 50$/,
  );
  await refuses(() => open("cut2.idx", idx.subarray(0, 6)), /cut2\.idx: file is truncated in its header/);
  await refuses(() => open("empty.idx", new Uint8Array(0)), /empty\.idx: is not an IDX file \(begins with nothing\)/);
  await refuses(
    () => open("png.idx", Buffer.from("\x89PNG", "latin1")),
    /png\.idx: is not an IDX file \(begins with 137 80/,
  );
  await refuses(() => open("none.idx", idxBytes([0, 2, 3], [])), /none\.idx: holds no samples/);
  const short = gzipSync(idx.subarray(0, 50));
  await refuses(() => open("s.idx.gz", short), /s\.idx\.gz: file is truncated, expected 58 bytes, got 50/);
  await refuses(
    () => open("cut.idx.gz", gzipSync(idx).subarray(0, 30)),
    /cut\.idx\.gz: gzip file is truncated or damaged/,
  );
  const npy = encodeNpy(array);
  await refuses(
    () => open("cut.npy", npy.subarray(0, 200)),
    /cut\.npy: file is truncated, expected 296 bytes, got 200/,
  );
  const npz = encodeNpz({ arrays: { data: array }, metadata: undefined });
  await refuses(() => open("cut.npz", npz.subarray(0, 100)), /cut\.npz: file is truncated or damaged, the directory/);
  await refuses(() => open("text.npz", Buffer.from("hello")), /text\.npz: is not an \.npz \(zip\) file/);
  const two = encodeNpz({ arrays: { a: array, b: array }, metadata: undefined });
  await refuses(
    () => open("two.npz", two),
    /two\.npz: expected a member "data" or "X" or a single array, got the members a, b/,
  );
  const own = encodeNpz({ arrays: { a: array, b: array }, metadata: { format: "sketchprior-sketch", version: 1 } });
  await refuses(() => open("sketch.npz", own), /sketch\.npz: a sketch or another file of this project, not a data set/);
  await refuses(() => open("0d.npy", encodeNpy(ndarray(Float32Array.of(1), []))), /0d\.npy: expected an array/);
});

test("an .npy file of any type holds the same samples; bytes are images", async () => {
  for (const [type, bytes] of Object.entries(everyType)) {
    writeFileSync(at("type.npy"), bytes);
    const data = (await readRows(await openDataset(at("type.npy")), 0, 2)).data;
    const scale = type === "|u1" ? 255 : 1;
    assert.equal(
      [...data],
      [0, 1, 2, 3, 4, 5].map((v) => Math.fround(v / scale)),
      type,
    );
  }
});

test("an array in Fortran order holds the same samples, plain and in .npz; a huge one is refused", async () => {
  const turned = new Uint8Array(turnedBytes(counting, [7, 2, 3]));
  const fortran = npyFile("<f4", [7, 2, 3], turned, true);
  writeFileSync(at("f.npy"), fortran);
  writeFileSync(at("f.npz"), zipSync({ "data.npy": fortran }));
  for (const file of ["f.npy", "f.npz"]) {
    const dataset = await openDataset(at(file));
    assert.equal(dataset.shape, [2, 3]);
    assert.equal((await readRows(dataset, 0, 7)).data, counting);
    assert.equal((await readRows(dataset, 2, 5)).data, counting.slice(12, 30));
  }
  writeFileSync(at("huge.npy"), npyFile("<f4", [2 ** 20, 2 ** 10], new Uint8Array(0), true));
  await refuses(
    () => openDataset(at("huge.npy")),
    /huge\.npy: is in Fortran order, which is read up to .*ascontiguous/,
  );
});

/** Elements of an array [a, b, c] in Fortran order. */
function turnedBytes(data: Float32Array, [a, b, c]: readonly [number, number, number]): ArrayBuffer {
  const out: number[] = [];
  for (let k = 0; k < c; k++)
    for (let j = 0; j < b; j++) for (let i = 0; i < a; i++) out.push(data[(i * b + j) * c + k]!);
  return Float32Array.from(out).buffer;
}

test("npz: scikit-learn's names X and y are samples and labels", async () => {
  writeFileSync(at("Xy.npz"), encodeNpz({ arrays: { y: labels, X: array, extra: array }, metadata: undefined }));
  const dataset = await openDataset(at("Xy.npz"));
  assert.equal([dataset.count, dataset.shape], [7, [2, 3]]);
  assert.equal([...(await dataset.labels!())], [0, 1, 2, 3, 4, 5, 9]);
  writeFileSync(at("targets.npz"), encodeNpz({ arrays: { X: array, y: array }, metadata: undefined }));
  const targets = await openDataset(at("targets.npz"));
  await refuses(() => targets.labels!(), /targets\.npz: y: expected 7 labels, got shape \[7,2,3\]/);
});

/** A zip file with one bit of a member flipped; the directory keeps the CRC-32 of what was meant. */
function flipped(members: Record<string, Uint8Array>, name: string, at: number, level: 0 | 6): Buffer {
  const damaged = Uint8Array.from(members[name]!);
  damaged[at] = damaged[at]! ^ 1;
  const zip = Buffer.from(zipSync({ ...members, [name]: damaged }, { level }));
  zip.writeUInt32LE(crc32(members[name]!), zip.lastIndexOf(name) - 46 + 16); // the name ends its entry in the directory
  return zip;
}

const damagedData = /flipped\.npz: member data\.npy is truncated or damaged \(its CRC-32/;

for (const [how, level] of [
  ["stored", 0],
  ["packed", 6],
] as const) {
  test(`npz: a damaged ${how} member is refused when it is read from its first row to its last`, async () => {
    const rows = ndarray(
      Float32Array.from({ length: 4000 }, (_, i) => i),
      [1000, 4],
    );
    writeFileSync(at("flipped.npz"), flipped({ "data.npy": encodeNpy(rows) }, "data.npy", 8000, level));
    const dataset = await openDataset(at("flipped.npz"));
    await refuses(() => readRows(dataset, 0, 1000), damagedData);
    for (const size of [1000, 300, 100, 1, 2000]) {
      let seen = 0;
      await refuses(async () => {
        for await (const { data } of dataset.batches(size)) seen += data.shape[0]!;
      }, damagedData);
      assert.ok(seen < 1000, `batches of ${size}: all rows were handed out`);
    }
    assert.is((await readRows(dataset, 0, 10)).shape[0], 10); // a part is not checked
  });

  test(`npz: damaged ${how} labels and arrays in Fortran order are refused`, async () => {
    const npy = npyFile(
      "<f4",
      [2000, 4],
      new Uint8Array(Float32Array.from({ length: 8000 }, (_, i) => i).buffer),
      true,
    );
    writeFileSync(at("flipped.npz"), flipped({ "data.npy": npy }, "data.npy", 9000, level));
    const turned = await openDataset(at("flipped.npz"));
    await refuses(() => readRows(turned, 0, 10), damagedData); // it is turned as a whole
    const parts = {
      "labels.npy": encodeNpy(ndarray(new Uint8Array(9000), [9000])),
      "data.npy": encodeNpy(ndarray(new Float32Array(9000), [9000])),
    };
    writeFileSync(at("labels.npz"), flipped(parts, "labels.npy", 6000, level));
    const labelled = await openDataset(at("labels.npz"));
    await refuses(() => labelled.labels!(), /labels\.npz: member labels\.npy is truncated or damaged \(its CRC-32/);
  });
}

test("npz: labels are read without the samples before them", async () => {
  const zeros = {
    "data.npy": npyFile("|u1", [3, 2 ** 26], new Uint8Array(3 * 2 ** 26)),
    "labels.npy": encodeNpy(ndarray(Uint8Array.of(1, 2, 3), [3])),
  };
  writeFileSync(at("wide.npz"), zipSync(zeros, { level: 1 }));
  const dataset = await openDataset(at("wide.npz"));
  const before = process.memoryUsage();
  assert.equal([...(await dataset.labels!())], [1, 2, 3]);
  const { arrayBuffers } = process.memoryUsage();
  assert.ok(arrayBuffers - before.arrayBuffers < 20e6, `${arrayBuffers - before.arrayBuffers} bytes`);
});

test("NaN and Inf in the data are refused with the row", async () => {
  for (const [bad, message] of [
    [Number.NaN, /row 4 holds NaN \(number 2 of the row\)/],
    [Infinity, /row 4 holds Infinity/],
  ] as const) {
    const data = counting.slice();
    data[26] = bad;
    writeFileSync(at("bad.npy"), encodeNpy(ndarray(data, [7, 2, 3])));
    for (const dataset of [await openDataset(at("bad.npy")), arrayDataset("mine", ndarray(data, [7, 2, 3]))]) {
      await refuses(() => readRows(dataset, 0, 7), message);
      await refuses(() => readRows(dataset, 3, 6), message);
      assert.is((await readRows(dataset, 0, 4)).shape[0], 4);
    }
  }
});

test("labels that do not fit the images, and rows outside the data, are refused", async () => {
  writeFileSync(at("u-images-idx3-ubyte"), idxBytes([7, 2, 3], counting));
  writeFileSync(at("u-labels-idx1-ubyte"), idxBytes([5], [0, 1, 2, 3, 4]));
  const dataset = await openDataset(at("u-images-idx3-ubyte"));
  await refuses(() => dataset.labels!(), /u-labels-idx1-ubyte: expected 7 labels, got 5/);
  await refuses(() => readRows(dataset, 3, 9), /rows 3 to 9 were asked for, but it has rows 0 to 7/);
});

test.run();
