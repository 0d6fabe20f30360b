import { suite } from "uvu";
import * as assert from "uvu/assert";
import { disk } from "../../operators/disk.ts";
import { motion } from "../../operators/motion.ts";
import { parseOperator } from "../../operators/registry.ts";
import { diskKernel, motionKernel } from "../../src/data/blur-kernels.ts";
import { apply, difference, floats } from "./draws.ts";

const test = suite("motion and disk");
const near = (found: ArrayLike<number>, wanted: readonly number[]) => assert.ok(difference(found, wanted) < 1e-6);

test("motion: equal pixels along an axis; an even length shares its ends; length 1 is no blur", () => {
  const row = motionKernel(5, 0);
  assert.equal(row.shape, [1, 5]);
  near(row.data, new Array(5).fill(0.2));
  assert.equal(motionKernel(5, 90).shape, [5, 1]);
  near(motionKernel(4, 180).data, [0.125, 0.25, 0.25, 0.25, 0.125]);
  assert.equal([...motionKernel(1, 33).data], [1]);
});

test("motion: at 45° from the lower left to the upper right, by the distances from the segment", () => {
  const { shape, data } = motionKernel(3, 45);
  assert.equal(shape, [3, 3]);
  const [beside, end] = [1 - Math.SQRT1_2, 1 - (Math.SQRT2 - 1)]; // of (0, 1) and of (−1, 1), whose segment ends at distance 1
  const sum = 1 + 4 * beside + 2 * end;
  near(
    data,
    [0, beside, end, beside, 1, beside, end, beside, 0].map((v) => v / sum),
  );
  for (const angle of [10, 100, 250]) {
    const turned = motionKernel(6, angle).data;
    near([...turned].reverse(), [...turned]); // no direction is first
    near(motionKernel(6, angle + 180).data, [...turned]);
  }
});

test("disk: areas of pixels inside the disk, against a fine grid; by hand for a disk within one pixel and its neighbours", () => {
  assert.equal([...diskKernel(0.5).data], [1]);
  for (const radius of [0.8, 1, 2.3, 3.5]) {
    const { shape, data } = diskKernel(radius);
    const reach = (shape[0]! - 1) / 2;
    assert.is(reach, Math.ceil(radius - 0.5));
    const fine = 200;
    const wanted = Array.from({ length: data.length }, (_, k) => {
      let inside = 0;
      for (let a = 0; a < fine * fine; a++) {
        const y = Math.floor(k / shape[1]!) - reach + (Math.floor(a / fine) + 0.5) / fine - 0.5;
        const x = (k % shape[1]!) - reach + ((a % fine) + 0.5) / fine - 0.5;
        if (x * x + y * y <= radius * radius) inside++;
      }
      return inside / fine ** 2 / (Math.PI * radius ** 2);
    });
    assert.ok(difference(data, wanted) < 1e-3, `${radius}`); // the grid's own error
  }
});

test("both spread a point by their kernel and keep constants", async () => {
  const point = floats(
    Array.from({ length: 81 }, (_, i) => Number(i === 40)),
    [1, 9, 9],
  );
  const spread = await apply(motion({ inShape: [9, 9], length: 9 }).forward, point);
  near(
    spread.data,
    Array.from({ length: 81 }, (_, i) => (Math.floor(i / 9) === 4 ? 1 / 9 : 0)),
  );
  const blurred = await apply(disk({ inShape: [9, 9], radius: 4.5 }).forward, point);
  near(blurred.data, [...diskKernel(4.5).data]);
  const ones = floats(new Array(81).fill(1), [1, 9, 9]);
  for (const spec of ["motion:length=6,angle=20", "disk:radius=3"]) {
    near((await apply(parseOperator(spec, [9, 9], 1).forward, ones)).data, [...ones.data]);
  }
});

test("names and refusals are their own", () => {
  const parse = (spec: string, shape = [8, 8]) => parseOperator(spec, shape, 1);
  assert.is(parse("motion:length=5").name, "motion(length=5)");
  assert.is(parse("motion:length=5,angle=30,boundary=zero").name, "motion(length=5,angle=30,boundary=zero)");
  assert.is(parse("disk:radius=2,boundary=circular").name, "disk(radius=2,boundary=circular)");
  const refused = (spec: string, message: RegExp, shape?: number[]) => assert.throws(() => parse(spec, shape), message);
  refused("motion:length=0.5", /^motion: length: expected a number of pixels from 1 on, got 0\.5$/);
  refused("motion:length=11", /^motion\(length=11\): the kernel of 1×11 is larger than the image of 8×8$/);
  refused("motion:length=3", /^motion\(length=3\): expected images \[h, w\] or \[h, w, channels\], got \[8\]$/, [8]);
  refused("disk:radius=0", /^disk: radius: expected a positive number of pixels, got 0$/);
  refused("disk:radius=5", /^disk\(radius=5\): the kernel of 11×11 is larger than the image of 8×8$/);
  assert.throws(
    () => motion({ inShape: [8, 8], length: 3, angle: Number.NaN }),
    /^motion: angle: expected a number of degrees, got NaN$/,
  );
});

test.run();
