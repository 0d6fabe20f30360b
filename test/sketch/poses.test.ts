import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { arrayDataset, stream } from "../../src/data/index.ts";
import {
  designFor,
  featureBasis,
  makeDesign,
  mergeSketches,
  type PoseSpec,
  poseCount,
  posing,
  type SketchDesign,
  sketchDataset,
  warpRows,
} from "../../src/sketch/index.ts";
import { likeliestPoses } from "../../src/sketch/likeliest-poses.ts";
import { alignedRows, aligning, posesOf, suggestedPoses } from "../../src/sketch/poses.ts";
import { refuses } from "../data/tiny.ts";
import { H, stroke, strokes, W } from "./strokes.ts";
import { sameSums } from "./tiny.ts";

const test = suite("poses");
const spec: PoseSpec = { slants: [-0.4, 0, 0.4], widths: [0.7, 1, 1.4], width: 1.2 };

const flat = (x: NdArray<Float32Array>) => ndarray(x.data, [x.shape[0]!, H * W]);

/** Slant and width by their definition, and the nearest of the grid. */
function poseByDefinition(x: ArrayLike<number>): number {
  let [mass, my, mx] = [0, 0, 0];
  const each = (visit: (v: number, y: number, x: number) => void) => {
    for (let at = 0; at < H * W; at++) visit(Math.max(0, x[at]!), Math.floor(at / W), at % W);
  };
  each((v, y, x) => {
    mass += v;
    my += v * y;
    mx += v * x;
  });
  let [yy, yx, xx] = [0, 0, 0];
  each((v, y, x) => {
    yy += (v * (y - my / mass) ** 2) / mass;
    yx += (v * (y - my / mass) * (x - mx / mass)) / mass;
    xx += (v * (x - mx / mass) ** 2) / mass;
  });
  const slant = yx / yy;
  const width = Math.sqrt(xx - yx * slant);
  const nearest = (value: number, grid: readonly number[]) =>
    grid.reduce((best, v, i) => (Math.abs(value - v) < Math.abs(value - grid[best]!) ? i : best), 0);
  const wide = nearest(Math.log(width / spec.width), spec.widths.map(Math.log));
  return nearest(slant, spec.slants) * spec.widths.length + wide;
}

test("the pose of an image is the nearest slant and width by its moments; black images are upright", () => {
  const images = strokes(60);
  const found = tf.tidy(() => posesOf(spec, tf.tensor2d(images.data, [60, H * W]), [H, W]).arraySync() as number[][]);
  for (const [i, oneHot] of found.entries()) {
    assert.is(
      oneHot.reduce((a, b) => a + b, 0),
      1,
      `${i}`,
    );
    assert.is(oneHot.indexOf(1), poseByDefinition(images.data.subarray(i * H * W, (i + 1) * H * W)), `${i}`);
  }
  assert.ok(new Set(found.map((oneHot) => oneHot.indexOf(1))).size > 5);
  const black = tf.tidy(() => posesOf(spec, tf.zeros([1, H * W]), [H, W]).arraySync() as number[][]);
  assert.is(Math.floor(black[0]!.indexOf(1) / spec.widths.length), 1);
});

test("aligning makes a stroke upright and of the typical width, posing brings it back; spline error below 5 % of so thin a stroke", () => {
  const [align, pose] = [aligning(spec, [H, W]), posing(spec, [H, W])];
  for (let p = 0; p < poseCount(spec); p++) {
    const [slant, width] = [spec.slants[Math.floor(p / 3)]!, spec.widths[p % 3]!];
    const image = stroke(slant, width * spec.width);
    const upright = warpRows(image, align, p, [H, W]);
    const gap = (a: Float64Array, b: Float64Array) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);
    assert.ok(gap(upright, stroke(0, spec.width)) < 0.05, `${p}: ${gap(upright, stroke(0, spec.width))}`);
    const back = warpRows(upright, pose, p, [H, W]);
    const middle = (x: Float64Array) => x.filter((_, at) => at % W > 2 && at % W < W - 3);
    assert.ok(gap(middle(back), middle(image)) < 0.05, `${p}: ${gap(middle(back), middle(image))}`);
  }
});

test("the upright pose of the typical width changes nothing (float32)", () => {
  const image = stroke(0.3, 1);
  for (const warps of [aligning(spec, [H, W]), posing(spec, [H, W])]) {
    const same = warpRows(image, warps, 4, [H, W]);
    for (const [i, v] of same.entries()) assert.ok(Math.abs(v - image[i]!) < 1e-6, `${i}`);
  }
});

const k = 6;
const families = [
  { kind: "local-moments", coarse: 2, fine: 2, features: k, leading: 3, assigning: 3 },
  { kind: "second-moments", pooled: true },
] as const;

const designs: Record<string, () => Promise<SketchDesign>> = {
  "all of rrᵀ": () => posedDesign(),
  "rrᵀ along 4 directions": () => posedDesign(4),
};
const posedDesign = (directions?: number) =>
  makeDesign({
    ...{ shape: [H, W], features: `pca:${k}`, poses: spec, pilot: strokes(200), block: 64 },
    families: [...families, { kind: "residual-moments", ...(directions && { directions }) }],
  });

for (const [name, make] of Object.entries(designs)) {
  test(`${name}: poses in cells and residual moments are those of the definition`, async () => {
    const design = await make();
    const images = strokes(300);
    const sketch = await sketchDataset(arrayDataset("strokes", images), design);
    const { mean, basis } = featureBasis(design.arrays)!;
    const [align, pose] = [aligning(spec, [H, W]), posing(spec, [H, W])];
    const n = H * W;
    const counts = new Float64Array(poseCount(spec));
    const r = new Float64Array(n);
    const rr = new Float64Array((n * (n + 1)) / 2);
    const squares = new Float64Array(n);
    for (let i = 0; i < 300; i++) {
      const x = Float64Array.from(images.data.subarray(i * n, (i + 1) * n));
      const p = poseByDefinition(x);
      counts[p]!++;
      const upright = warpRows(x, align, p, [H, W]);
      const known = Float64Array.from(mean.data);
      for (let j = 0; j < k; j++) {
        let u = 0;
        for (let q = 0; q < n; q++) u += (upright[q]! - mean.data[q]!) * basis.data[q * k + j]!;
        for (let q = 0; q < n; q++) known[q]! += u * basis.data[q * k + j]!;
      }
      const back = warpRows(known, pose, p, [H, W]);
      const own = x.map((v, q) => v - back[q]!);
      for (let q = 0, at = 0; q < n; q++) {
        r[q]! += own[q]!;
        squares[q]! += own[q]! ** 2;
        for (let s = 0; s <= q; s++) rr[at++]! += own[q]! * own[s]!;
      }
    }
    const seen = new Float64Array(poseCount(spec));
    for (const [at, v] of sketch.sums["local-moments.poses"]!.entries()) seen[at % seen.length]! += v;
    assert.equal(seen, counts);
    const near = (name: string, expected: Float64Array) => {
      for (const [at, v] of expected.entries()) {
        const got = sketch.sums[`residual-moments.${name}`]![at]!;
        assert.ok(Math.abs(got - v) < 1e-5 * 300, `${name}[${at}]: ${got} and ${v}`); // float32 terms of at most 1
      }
    };
    near("r", r);
    if ("residual-moments.rr" in sketch.sums) return near("rr", rr);
    near("squares", squares);
    const V = design.arrays["residual-moments.basis"]!; // vvᵀ = Vᵀ rrᵀ V
    const q = V.shape[1]!;
    const entry = (a: number, b: number) => rr[(Math.max(a, b) * (Math.max(a, b) + 1)) / 2 + Math.min(a, b)]!;
    const vv = new Float64Array((q * (q + 1)) / 2);
    for (let i = 0, at = 0; i < q; i++) {
      for (let j = 0; j <= i; j++, at++) {
        for (let a = 0; a < n; a++) for (let b = 0; b < n; b++) vv[at]! += V.get(a, i) * entry(a, b) * V.get(b, j);
      }
    }
    near("vv", vv);
  });

  test(`${name}: parts merge to the whole`, async () => {
    const design = await make();
    const data = arrayDataset("strokes", strokes(300));
    const whole = await sketchDataset(data, design);
    const first = await sketchDataset(data, design, { range: { from: 0, to: 130 } });
    const second = await sketchDataset(data, design, { range: { from: 130, to: 300 } });
    sameSums(mergeSketches(first, second), whole, 1e-5);
  });
}

test("strokes that lean by chance are likelier aligned, which designs find by themselves; upright ones and noise are not", async () => {
  const leaning = strokes(1000);
  const found = await likeliestPoses(leaning);
  assert.ok(found, "no poses");
  assert.ok(found.slants.length > 2);
  const design = await designFor(arrayDataset("strokes", leaning), { sketchSize: 30_000 });
  assert.ok(design.poses);
  const plain = await designFor(arrayDataset("strokes", leaning), { sketchSize: 30_000, poses: "none" });
  assert.is(plain.poses, undefined);
  const noise = ndarray(stream(1, "noise").fillNormal(new Float32Array(1000 * H * W)), [1000, H, W]);
  assert.is(await likeliestPoses(noise), undefined);
  assert.is(await likeliestPoses(strokes(200)), undefined, "too few");
  const colour = ndarray(new Float32Array(1000 * H * W * 3), [1000, H, W, 3]);
  assert.is(await likeliestPoses(colour), undefined);
});

test("grids reach over the pilot's slants, about its median width", async () => {
  const [slants, both] = await suggestedPoses(flat(strokes(400)), [H, W]);
  assert.equal(
    slants!.slants.map((v) => Math.round(10 * v)),
    [-4, -2, 0, 2, 4],
  );
  assert.equal(slants!.widths, [1]);
  assert.is(both!.widths.length, 3);
  assert.ok(Math.abs(both!.width - 1.25) < 0.2, `${both!.width}`);
});

test("aligned pilots vary less", async () => {
  const images = flat(strokes(400));
  const variance = ({ data }: NdArray<Float32Array>) => {
    let sum = 0;
    for (let q = 0; q < H * W; q++) {
      const column = data.filter((_, at) => at % (H * W) === q);
      const mean = column.reduce((a, b) => a + b, 0) / column.length;
      sum += column.reduce((a, v) => a + (v - mean) ** 2, 0) / column.length;
    }
    return sum;
  };
  const [, both] = await suggestedPoses(images, [H, W]);
  assert.ok(variance(await alignedRows(both!, images, [H, W])) < 0.8 * variance(images));
});

test("equal images stay as they are, and copies of a few are no fault", async () => {
  const black = ndarray(new Float32Array(1000 * H * W), [1000, H, W]);
  assert.is(await likeliestPoses(black), undefined);
  const ten = strokes(10, 0).data;
  const copies = Float32Array.from({ length: 1000 * H * W }, (_, at) => ten[at % ten.length]!);
  const found = await likeliestPoses(ndarray(copies, [1000, H, W]));
  assert.ok(found === undefined || poseCount(found) > 1);
});

test("budgets that hold too few features of aligned images leave images as they are", async () => {
  const data = arrayDataset("strokes", strokes(1000));
  assert.is((await designFor(data, { sketchSize: 6000 })).poses, undefined);
});

test("an interruption ends the choice of poses with its reason", async () => {
  const controller = new AbortController();
  const choice = likeliestPoses(strokes(1000), controller.signal);
  controller.abort(new Error("enough"));
  const reason = await choice.then(
    () => undefined,
    (error: Error) => error.message,
  );
  assert.is(reason, "enough");
});

test("what has no poses is refused, each in one line", async () => {
  const pilot = strokes(50);
  await refuses(
    () => makeDesign({ shape: [H, W], poses: spec, pilot, families }),
    /poses: features of aligned images must be pca:K/,
  );
  const vectors = ndarray(pilot.data, [50, H * W]);
  const given = { features: "pca:6", poses: spec, families } as const;
  await refuses(
    () => makeDesign({ ...given, shape: [H * W], pilot: vectors }),
    /must be grey images \[height, width\], got \[99\]/,
  );
  const residual = [{ kind: "residual-moments" }] as const;
  await refuses(
    () => makeDesign({ shape: [H, W], features: "pca:6", pilot, families: residual }),
    /images must be aligned/,
  );
  const wrong = [{ kind: "residual-moments", directions: 0 }] as const;
  await refuses(
    () => makeDesign({ ...given, shape: [H, W], pilot, families: wrong }),
    /directions: expected 1 to 99, got 0/,
  );
  const few = [{ kind: "residual-moments", directions: 60 }] as const;
  await refuses(
    () => makeDesign({ ...given, shape: [H, W], pilot, families: few }),
    /60 directions need a pilot of more samples, got 50/,
  );
  for (const bad of [
    { ...spec, slants: [] },
    { ...spec, widths: [0, 1] },
    { ...spec, width: 0 },
    { ...spec, slants: [0, Number.NaN] },
  ]) {
    await refuses(
      () => makeDesign({ ...given, poses: bad, shape: [H, W], pilot }),
      /slants and positive widths in rising order/,
    );
  }
  const data = arrayDataset("strokes", pilot);
  await refuses(() => designFor(data, { poses: "auto" }), /only designs by a sketch size align images/);
});

test.run();
