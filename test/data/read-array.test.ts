import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy, encodeNpz, readArray } from "../../src/data/index.ts";
import { everyType, npyFile } from "./npy-files.ts";
import { numpy, python, refuses, scratch } from "./tiny.ts";

const test = suite("arrays from files");
const at = scratch();
const put = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(at(name), bytes);
  return at(name);
};

for (const [type, bytes] of Object.entries(everyType)) {
  test(`.npy of type ${type}: its shape and its numbers, float32 for floats up to 32 bits, else float64`, async () => {
    const array = await readArray(put("a.npy", bytes));
    assert.equal(array.shape, [2, 3]);
    assert.equal([...array.data], [0, 1, 2, 3, 4, 5]);
    assert.instance(array.data, /f[24]/.test(type) ? Float32Array : Float64Array);
  });
}

test(".npy: half floats of every kind; bool; float64 keeps its digits", async () => {
  const bits = Uint16Array.of(0x3555, 0x8001, 0x7bff, 0xc000);
  const halves = await readArray(put("h.npy", npyFile("<f2", [4], new Uint8Array(bits.buffer))));
  assert.equal([...halves.data], [0.333251953125, -(2 ** -24), 65504, -2]);
  assert.equal([...(await readArray(put("b.npy", npyFile("|b1", [2], Uint8Array.of(1, 0))))).data], [1, 0]);
  const pi = await readArray(put("pi.npy", encodeNpy(ndarray(Float64Array.of(Math.PI), [1]))));
  assert.is(pi.data[0], Math.PI);
});

test(".npy in Fortran order is the same array as in C order", async () => {
  const data = new Uint8Array(Float32Array.of(0, 3, 1, 4, 2, 5).buffer);
  const array = await readArray(put("f.npy", npyFile("<f4", [2, 3], data, true)));
  assert.equal(
    [array.shape, [...array.data], array.stride],
    [
      [2, 3],
      [0, 1, 2, 3, 4, 5],
      [3, 1],
    ],
  );
  assert.equal([...(await readArray(put("f.npy.gz", gzipSync(everyType["<f4"]!)))).data], [0, 1, 2, 3, 4, 5]);
});

test(".npz: its only array, or the one that is named", async () => {
  const [a, b] = [ndarray(Float32Array.of(1, 2), [2]), ndarray(Float64Array.of(3), [1, 1])];
  put("one.npz", encodeNpz({ arrays: { anything: a }, metadata: undefined }));
  put("two.npz", encodeNpz({ arrays: { a, b }, metadata: undefined }));
  assert.equal([...(await readArray(at("one.npz"))).data], [1, 2]);
  const named = await readArray(`${at("two.npz")}:b`);
  assert.equal([named.shape, [...named.data]], [[1, 1], [3]]);
  await refuses(() => readArray(at("two.npz")), /two\.npz: holds 2 arrays \(a, b\); name one, as .*two\.npz:a$/);
  await refuses(() => readArray(`${at("two.npz")}:c`), /two\.npz: has no member "c" \(has a, b\)/);
  await refuses(() => readArray(`${at("two.npz")}:toString`), /has no member "toString"/);
});

test(".csv: lines and columns; one column is one axis; a header is left out", async () => {
  const table = await readArray(put("t.csv", "1,2\n3,0.1\n"));
  assert.equal(
    [table.shape, [...table.data]],
    [
      [2, 2],
      [1, 2, 3, 0.1],
    ],
  );
  const column = await readArray(put("c.csv", "y\n1\n2\n\n3"));
  assert.equal([column.shape, [...column.data]], [[3], [1, 2, 3]]);
  const pandas = put("p.csv", "0,1\n5,6\n");
  assert.equal((await readArray(pandas)).shape, [2, 2]);
  assert.equal([...(await readArray(pandas, { header: true })).data], [5, 6]);
  await refuses(() => readArray(put("e.csv", "y\n")), /e\.csv: holds no numbers/);
});

test("raw float32 numbers, with and without a shape", async () => {
  const file = put("r.f32", new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  assert.equal((await readArray(file)).shape, [4]);
  assert.equal((await readArray(file, { shape: [2, 2] })).shape, [2, 2]);
  await refuses(() => readArray(file, { shape: [3] }), /r\.f32: holds 4 numbers, shape \[4\], which is not \[3\]/);
  await refuses(() => readArray(put("r.raw", Buffer.alloc(5))), /r\.raw: 5 bytes are no whole number of float32/);
});

test("what is no array of numbers is refused in one line", async () => {
  const nan = encodeNpy(ndarray(Float32Array.of(1, Number.NaN), [1, 2]));
  await refuses(() => readArray(put("n.npy", nan)), /n\.npy: entry \[0, 1\] is NaN, counted from 0; expected finite/);
  await refuses(() => readArray(put("z.npy", npyFile("<f4", [0, 3], Buffer.of()))), /z\.npy: holds no numbers/);
  await refuses(() => readArray(put("u.npy", npyFile("<U3", [1], Buffer.alloc(12)))), /type <U3 cannot be read/);
  await refuses(() => readArray(put("t.txt", "1 2")), /t\.txt: is not a kind of file that holds one array; expected/);
  await refuses(() => readArray(at("none")), /none: no such file; expected \.npy, \.npz, \.csv/);
  await refuses(() => readArray(at("none.npy")), /none\.npy: no such file; check the path/);
});

(numpy ? test : test.skip)("what NumPy writes: types, orders, both kinds of .npz", async () => {
  python(
    `import sys, numpy as np; d = sys.argv[1]; a = np.arange(6).reshape(2, 3)
for t in ['f2', '>f4', '>i8', 'u4', 'i1', 'bool']: np.save(d + '/' + t.strip('>') + '.npy', a.astype(t))
np.save(d + '/T.npy', a.T.astype('f8')); np.savez_compressed(d + '/z.npz', y=np.asfortranarray(a)); np.savetxt(d + '/t.csv', a, delimiter=',')`,
    at("."),
  );
  for (const name of ["f2", "f4", "i8", "u4", "i1"]) {
    assert.equal([...(await readArray(at(`${name}.npy`))).data], [0, 1, 2, 3, 4, 5], name);
  }
  assert.equal([...(await readArray(at("bool.npy"))).data], [0, 1, 1, 1, 1, 1]);
  const turned = await readArray(at("T.npy"));
  assert.equal(
    [turned.shape, [...turned.data]],
    [
      [3, 2],
      [0, 3, 1, 4, 2, 5],
    ],
  );
  assert.equal([...(await readArray(at("z.npz"))).data], [0, 1, 2, 3, 4, 5]);
  assert.equal((await readArray(at("t.csv"))).shape, [2, 3]);
});

test.run();
