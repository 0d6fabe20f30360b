import { writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { convolution } from "../../operators/convolution.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { openOperator } from "../../src/measure/index.ts";
import { signalShape } from "../../src/measure/open-operator.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { apply, draw } from "../operators/draws.ts";

const test = suite("open convolution");
const at = scratch();
const kernel = (name: string, data: readonly number[], shape: readonly number[]) =>
  writeFileSync(at(name), encodeNpy(ndarray(Float32Array.from(data), [...shape])));
kernel("k.npy", [0, 1, 2, 3, 4, 5], [2, 3]);
kernel("zero.npy", [1, -1], [1, 2]);
kernel("line.npy", [1, 1], [2]);

test("a kernel from a file, as it is or divided by its sum, with any boundary", async () => {
  const x = draw(1, [1, 5, 4]);
  for (const [options, factor, boundary] of [
    ["", 1, "reflect"],
    [",normalise,boundary=zero", 1 / 15, "zero"],
  ] as const) {
    const operator = await openOperator(`convolution:file=${at("k.npy")}${options}`, { shape: [5, 4] });
    const own = ndarray(
      Float32Array.from([0, 1, 2, 3, 4, 5], (v) => v * factor),
      [2, 3],
    );
    const wanted = await apply(convolution({ inShape: [5, 4], kernel: own, boundary }).forward, x);
    for (const [i, v] of (await apply(operator.forward, x)).data.entries())
      assert.ok(Math.abs(v - wanted.data[i]!) < 1e-5);
    assert.ok(operator.digest);
  }
});

test("the shape of signals from that of what is measured, through products", async () => {
  const valid = `convolution:file=${at("k.npy")},boundary=valid`;
  for (const [spec, shape] of [
    [`convolution:file=${at("k.npy")}`, [20, 30]],
    [valid, [21, 32]],
    [`downsample:factor=3*${valid}`, [61, 92]],
    ["0.5*blur:sigma=0.5,boundary=valid", [24, 34]],
    ["motion:length=5,boundary=valid", [20, 34]],
    ["disk:radius=1.5,boundary=valid*disk:radius=1.5,boundary=valid", [24, 34]],
  ] as const) {
    const found = await signalShape(spec, [20, 30, 3]);
    assert.equal(found, [...shape, 3], spec);
    assert.equal((await openOperator(spec, { shape: found })).outShape, [20, 30, 3], spec);
  }
  for (const spec of [
    "adjoint(downsample:factor=2)*downsample:factor=2",
    "sum(identity; -1*blur)*identity",
    "./mine.js*downsample:factor=2",
  ]) {
    assert.equal(await signalShape(spec, [20, 30]), [20, 30], spec); // what combinations and modules do is not known
  }
  assert.equal(await signalShape("blur:sigma=1e9", [20, 30]), [20, 30]); // no kernel is made
  await refuses(() => signalShape("disk:radius=1e9,boundary=valid", [20, 30]), /./);
});

test("bad kernels are refused in one line that names the file", async () => {
  const open = (spec: string, shape?: readonly number[]) => () =>
    openOperator(`convolution:${spec}`, shape ? { shape } : {});
  await refuses(open(`file=${at("zero.npy")},normalise`, [5, 4]), /zero\.npy: the kernel's sum is 0, it cannot be 1/);
  await refuses(
    open(`file=${at("k.npy")}`, [1, 4]),
    /k\.npy: convolution: the kernel of 2×3 is larger than the image of 1×4/,
  );
  await refuses(open(`file=${at("line.npy")}`, [5, 4]), /line\.npy: convolution: kernel: expected/);
  await refuses(open(`file=${at("absent.npy")}`, [5, 4]), /absent\.npy: no such file/);
  await refuses(open(`file=${at("k.npy")}`), /needs the shape of one signal; say --shape/);
  await refuses(open("", [5, 4]), /file/);
});

test.run();
