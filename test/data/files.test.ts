import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { unwritable } from "../../src/data/files.ts";
import {
  decodeNpy,
  decodeNpz,
  encodeNpy,
  encodeNpz,
  type NpyArray,
  readFileOrExplain,
  readNpz,
  writeAtomic,
  writeNpz,
} from "../../src/data/index.ts";
import { numpy, python, refuses, scratch } from "./tiny.ts";

const test = suite("files");
const at = scratch();

const arrays: Record<string, NpyArray> = {
  f4: ndarray(Float32Array.of(1.5, -2, 0, 1e-30, Infinity, 3), [2, 3]),
  f8: ndarray(Float64Array.of(Math.PI, -1), [2]),
  i4: ndarray(Int32Array.of(-7, 2 ** 31 - 1, 0, 4), [1, 2, 2]),
  u1: ndarray(Uint8Array.of(0, 128, 255), [3, 1]),
  scalar: ndarray(Float64Array.of(42), []),
  empty: ndarray(new Float32Array(0), [0, 5]),
};

for (const [name, array] of Object.entries(arrays)) {
  test(`npy: ${name} is read back with its type, shape and numbers`, () => {
    const back = decodeNpy(encodeNpy(array));
    assert.is(back.dtype, array.dtype);
    assert.equal(back.shape, array.shape);
    assert.equal(back.data, array.data);
  });
}

test("npy: a strided array is written in C order, and Fortran order is read by its strides", () => {
  const transposed = arrays.f4!.transpose(1, 0);
  const bytes = encodeNpy(transposed);
  assert.equal([...decodeNpy(bytes).data], [1.5, Math.fround(1e-30), -2, Infinity, 0, 3]);
  const text = Buffer.from(bytes).toString("latin1").replace("False", "True ");
  const fortran = decodeNpy(Buffer.from(text, "latin1"));
  assert.is(fortran.get(0, 1), -2 * 0 + Number(fortran.data[3]));
  assert.equal(fortran.stride, [1, 3]);
});

/** An .npy file with any header. */
const crafted = (header: string, data: Uint8Array = new Uint8Array(64)): Uint8Array => {
  const head = Buffer.concat([Buffer.from("\x93NUMPY\x01\x00__", "latin1"), Buffer.from(header)]);
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, data]);
};

test("npy: int64 and bool are read; other types, damaged headers and truncated files are refused by name", async () => {
  const head = (descr: string, shape = "(2,)") =>
    `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
  const wide = (...values: bigint[]) => new Uint8Array(BigInt64Array.from(values).buffer);
  assert.equal([...decodeNpy(crafted(head("<i8"), wide(-5n, 7n))).data], [-5, 7]);
  assert.equal([...decodeNpy(crafted(head("|b1"), Uint8Array.of(1, 0))).data], [1, 0]);
  const refused = (bytes: Uint8Array, message: RegExp) => refuses(() => decodeNpy(bytes, "a.npy"), message);
  await refused(
    crafted(head("<i8"), wide(1n, 2n ** 40n)),
    /a\.npy: 64-bit value 1099511627776 does not fit in 32 bits/,
  );
  await refused(crafted(head("<c8")), /a\.npy: elements of type <c8 cannot be read .*astype\(numpy\.float32\)/);
  await refused(crafted("{}"), /a\.npy: header of the \.npy file cannot be understood: \{\}/);
  await refused(crafted(head("<f4", "(99,)")), /a\.npy: file is truncated, expected \d+ bytes, got \d+/);
  await refused(Buffer.from("hello, world"), /a\.npy: is not an \.npy file/);
  await refused(encodeNpy(arrays.f4!).subarray(0, 20), /a\.npy: file is truncated in its header/);
});

const metadata = { format: "sketchprior-test", version: 2, note: "ünïcode" };

test("npz: arrays and metadata are read back, and equal content gives equal bytes", async () => {
  await writeNpz(at("a.npz"), { arrays, metadata });
  const back = await readNpz(at("a.npz"), { format: "sketchprior-test", version: 2 });
  assert.equal(back.metadata, metadata);
  assert.equal(Object.keys(back.arrays).sort(), Object.keys(arrays).sort());
  for (const [name, array] of Object.entries(arrays)) assert.equal(back.arrays[name]!.data, array.data);
  assert.equal(encodeNpz({ arrays, metadata }), new Uint8Array(readFileSync(at("a.npz"))));
});

test("npz: what is wrong with a file is said in one line", async () => {
  const bytes = encodeNpz({ arrays, metadata });
  const expected = { format: "sketchprior-test", version: 1 };
  await refuses(() => decodeNpz(Buffer.from("text"), "a.npz"), /^a\.npz: is not an \.npz \(zip\) file$/);
  await refuses(() => decodeNpz(bytes.subarray(0, 500), "a.npz"), /^a\.npz: file is truncated or damaged/);
  await refuses(() => decodeNpz(bytes, "a.npz", expected), /written by a newer sketchprior .*version 2.* up to 1/);
  const other = { ...expected, format: "sketchprior-sketch" };
  await refuses(() => decodeNpz(bytes, "a.npz", other), /is not a sketchprior-sketch file, it is sketchprior-test/);
  const plain = encodeNpz({ arrays, metadata: undefined });
  await refuses(() => decodeNpz(plain, "a.npz", other), /not a sketchprior-sketch file, it is without metadata\.json/);
  await refuses(() => readNpz(at("none.npz")), /none\.npz: no such file; check the path/);
});

(numpy ? test : test.skip)("npz: numpy.load reads what is written, and what NumPy writes is read", async () => {
  await writeNpz(at("n.npz"), { arrays, metadata });
  const program =
    "import sys, json, numpy as np; f = np.load(sys.argv[1]); m = json.loads(f['metadata.json']); " +
    "print(f['i4'].shape, f['i4'].sum(), f['f8'][0] == np.pi, f['scalar'][()], m['version'], f['u1'].dtype); " +
    "np.savez(sys.argv[2], a=f['f4'].T, b=np.arange(3), c=np.array([True, False]))";
  assert.is(python(program, at("n.npz"), at("m.npz")), "(1, 2, 2) 2147483644 True 42.0 2 uint8");
  const back = await readNpz(at("m.npz"));
  assert.is(back.arrays.a!.get(0, 1), Math.fround(1e-30));
  assert.equal([...back.arrays.b!.data], [0, 1, 2]);
  assert.equal([...back.arrays.c!.data], [1, 0]);
});

test("a write that fails leaves the old file and no temporary one", async () => {
  const folder = at("atomic");
  mkdirSync(folder);
  const file = path.join(folder, "x.txt");
  await writeAtomic(file, "old");
  const broken = { length: 5 } as unknown as Uint8Array; // makes the write itself throw
  await refuses(() => writeAtomic(file, broken), /x\.txt: cannot be written/);
  assert.is(readFileSync(file, "utf8"), "old");
  assert.equal(readdirSync(folder), ["x.txt"]);
  await writeAtomic(file, "new");
  assert.is(readFileSync(file, "utf8"), "new");
  await refuses(() => writeAtomic(path.join(folder, "no", "y"), "1"), /there is no folder .*no; make it first/);
  mkdirSync(path.join(folder, "d"));
  await refuses(() => writeAtomic(path.join(folder, "d"), "1"), /d: cannot be written, it is a folder/);
  assert.equal(readdirSync(folder).sort(), ["d", "x.txt"]);
});

test("a full disk is reported as such", () => {
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  assert.match(unwritable("out.npz", full).message, /^out\.npz: cannot be written, the disk is full$/);
});

test("a file that cannot be read is named, with what to check", async () => {
  await refuses(() => readFileOrExplain(at("nothing")), /nothing: no such file; check the path \(looked in .*\)/);
  await refuses(() => readFileOrExplain(at("atomic")), /atomic: is not a file; give the path of a file/);
  writeFileSync(at("plain"), "text");
  assert.is(Buffer.from(await readFileOrExplain(at("plain"))).toString(), "text");
  await refuses(() => readFileOrExplain(at("plain/x")), /plain\/x: no such file/);
});

test.run();
