import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDataset, readRows } from "../../src/data/index.ts";
import { refuses } from "./tiny.ts";

const test = suite("NIfTI volumes");
const folder = mkdtempSync(path.join(os.tmpdir(), "nifti-"));

interface Volume {
  readonly dims: readonly number[];
  readonly type: number;
  readonly slope?: number;
  readonly offset?: number;
  readonly little?: boolean;
  readonly numbers: readonly number[];
}

/** A NIfTI-1 file by its specification, of int16 (4), uint8 (2) or float32 (16) voxels. */
function volume({ dims, type, slope = 0, offset = 0, little = true, numbers }: Volume): Buffer {
  const bytes = { 2: 1, 4: 2, 16: 4 }[type] ?? 8;
  const file = Buffer.alloc(352 + bytes * numbers.length);
  const view = new DataView(file.buffer, file.byteOffset);
  view.setInt32(0, 348, little);
  for (const [i, n] of [dims.length, ...dims].entries()) view.setInt16(40 + 2 * i, n, little);
  view.setInt16(70, type, little);
  view.setInt16(72, 8 * bytes, little);
  for (const [at, value] of [
    [108, 352],
    [112, slope],
    [116, offset],
  ] as const)
    view.setFloat32(at, value, little);
  file.write("n+1\0", 344, "latin1");
  for (const [i, value] of numbers.entries()) {
    const at = 352 + i * bytes;
    if (type === 2) view.setUint8(at, value);
    else if (type === 4) view.setInt16(at, value, little);
    else if (type === 16) view.setFloat32(at, value, little);
  }
  return file;
}

const written = (name: string, bytes: Uint8Array): string => {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
};

/** 2 slices of 3 rows and 4 columns: 0, 1, … 23, x fastest. */
const counted = Array.from({ length: 24 }, (_, i) => i);

test("slices are images in the file's order, scaled by the header and divided by the largest number", async () => {
  for (const [little, type] of [
    [true, 4],
    [false, 4],
    [true, 2],
    [false, 16],
  ] as const) {
    const file = written("v.nii", volume({ dims: [4, 3, 2], type, slope: 2, offset: 4, little, numbers: counted }));
    const dataset = await openDataset(file);
    assert.equal([dataset.count, ...dataset.shape], [2, 3, 4]);
    const { data } = await readRows(dataset, 1, 2);
    for (const [i, v] of data.entries()) assert.ok(Math.abs(v - (2 * (12 + i) + 4) / 50) < 1e-6, `${i} ${v}`);
  }
});

test("compressed volumes, later times, and patches of the slices", async () => {
  const numbers = [...counted, ...counted.map((v) => -v)];
  const file = written("v.nii.gz", gzipSync(volume({ dims: [4, 3, 2, 2], type: 16, numbers })));
  const dataset = await openDataset(file);
  assert.equal([dataset.count, ...dataset.shape], [4, 3, 4]);
  assert.ok(Math.abs((await readRows(dataset, 3, 4)).data[11]! + 1) < 1e-6);
  const patches = await openDataset(`patches:${file}:side=3`);
  assert.equal([patches.count, ...patches.shape], [8, 3, 3]);
});

test("what is no volume is refused", async () => {
  const good = volume({ dims: [4, 3, 2], type: 4, numbers: counted });
  await refuses(
    () => openDataset(written("text.nii", Buffer.from("no volume at all"))),
    /text\.nii: is no NIfTI volume .*no header/,
  );
  await refuses(() => openDataset(written("short.nii", good.subarray(0, 380))), /ends after 380 of 400 bytes/);
  await refuses(() => openDataset(written("damaged.nii.gz", gzipSync(good).subarray(0, 60))), /damaged\.nii\.gz/);
  await refuses(
    () => openDataset(written("complex.nii", volume({ dims: [4, 3, 2], type: 32, numbers: counted }))),
    /NIfTI's type 32; expected integers/,
  );
  await refuses(
    () => openDataset(written("zero.nii", volume({ dims: [4, 3, 2], type: 4, numbers: counted.map(() => 0) }))),
    /its largest number is 0/,
  );
  await refuses(
    () => openDataset(written("nan.nii", volume({ dims: [2, 1, 1], type: 16, numbers: [1, Number.NaN] }))),
    /its largest number is NaN/,
  );
  await refuses(() => openDataset(path.join(folder, "absent.nii")), /absent\.nii/);
});

test.run();
