import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError, openDataset, readRows } from "../../src/data/index.ts";
import { motionKernels } from "../../src/data/motion-kernels.ts";

const test = suite("motion kernels");
const COUNT = 200;

for (const spec of ["motion-kernels", "motion-kernels:side=5", "motion-kernels:side=27"]) {
  test(`${spec}: every kernel is ≥ 0, sums to 1 and has its centre of mass in the middle pixel`, async () => {
    const dataset = await openDataset(spec);
    const side = dataset.shape[0]!;
    const { data } = await readRows(dataset, 1000, 1000 + COUNT);
    for (let i = 0; i < COUNT; i++) {
      let [sum, x, y] = [0, 0, 0];
      for (let at = 0; at < side * side; at++) {
        const weight = data[i * side * side + at]!;
        if (!(weight >= 0)) assert.unreachable(`weight ${weight}`);
        sum += weight;
        x += weight * ((at % side) - (side - 1) / 2);
        y += weight * (Math.floor(at / side) - (side - 1) / 2);
      }
      assert.ok(Math.abs(sum - 1) < 1e-5 && Math.hypot(x, y) < 1e-4 * side, `${i}: sum ${sum}, centre ${x}, ${y}`);
    }
  });
}

test("kernels differ in size and direction, and a quarter of them are disks", async () => {
  const { data } = await readRows(await openDataset("motion-kernels"), 0, 400);
  const reaches = new Set<number>();
  let disks = 0;
  for (let i = 0; i < 400; i++) {
    const kernel = data.subarray(169 * i, 169 * (i + 1));
    const turned = kernel.every((v, at) => Math.abs(v - kernel[(at % 13) * 13 + 12 - Math.floor(at / 13)]!) < 1e-6);
    disks += Number(turned);
    reaches.add(Math.max(...Array.from(kernel, (v, at) => (v > 0 ? Math.abs((at % 13) - 6) : 0))));
  }
  assert.ok(reaches.size >= 6, `${reaches.size} sizes`);
  assert.ok(Math.abs(disks / 400 - 0.25) < 0.07, `${disks} disks`); // three standard deviations
});

test("the same seed gives the same kernels in any batches, another seed others", async () => {
  const read = async (seed: number, size: number) => {
    const all: number[] = [];
    for await (const { data } of motionKernels({ side: 5 }, seed).batches(size, { from: 3, to: 9 })) {
      all.push(...(data.data as Float32Array));
    }
    return all;
  };
  assert.equal(await read(1, 2), await read(1, 6));
  assert.not.equal(await read(1, 6), await read(2, 6));
});

test("another side, or another option, is refused in one line", async () => {
  for (const [spec, message] of [
    ["motion-kernels:side=8", /motion-kernels: side: expected an odd number of pixels from 5 on, got 8/],
    ["motion-kernels:size=9", /motion-kernels: unknown option "size"; did you mean side\?/],
  ] as const) {
    try {
      await openDataset(spec);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, InputError);
      assert.match((error as Error).message, message);
    }
  }
});

test.run();
