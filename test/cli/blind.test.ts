import { existsSync } from "node:fs";
import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHost } from "../../src/data/array.ts";
import { openDataset, readRows, writeNpz } from "../../src/data/index.ts";
import { readArray } from "../../src/data/read-array.ts";
import { blurredBy, relative } from "../solve/blurred.ts";
import { ok, refused, scratch } from "./spawn.ts";

type Floats = NdArray<Float32Array>;

const test = suite("reconstruct: blind deconvolution");

test("the command writes image and kernel, and says what is missing", async () => {
  const home = process.cwd();
  process.chdir(scratch());
  try {
    await ok("sketch motion-kernels:side=5 --limit 600 --sketch-size 20k --poses none -o K.npz");
    await ok("train K.npz -o kernels");
    const whole = (await readRows(await openDataset("mnist"), 0, 400)) as Floats;
    const half = (_: unknown, at: number) =>
      whole.data[784 * Math.floor(at / 196) + 56 * Math.floor((at % 196) / 14) + 2 * (at % 14)]!;
    const digits = fromHost(Float32Array.from({ length: 400 * 196 }, half), [400, 14, 14]); // every other pixel
    await writeNpz("digits.npz", { arrays: { data: digits }, metadata: undefined });
    await ok("sketch digits.npz --sketch-size 20k --poses none -o D.npz");
    await ok("train D.npz -o prior");
    const kernel = (await readRows(await openDataset("motion-kernels:side=5"), 900, 901)) as Floats;
    const clear = ndarray(digits.data.slice(0, 196), [1, 14, 14]);
    const y = await blurredBy(clear, fromHost(kernel.data as Float32Array, [5, 5]), 0.01);
    await writeNpz("y.npz", { arrays: { y }, metadata: undefined });
    const line = "reconstruct y.npz --noise 0.01 --prior prior --range 0,1";
    const said = await ok(`${line} --operator blind-blur:restarts=4,steps=60,rounds=2 --kernel-prior kernels -o x.npy`);
    assert.is(said.kernel, "x-kernel.npy");
    const recovered = await readArray("x.npy");
    assert.equal(recovered.shape, [1, 14, 14]);
    const [before, after] = [relative(y.data, clear.data), relative(recovered.data as Float32Array, clear.data)];
    assert.ok(after < 0.7 * before, `error ${before} blurred, ${after} recovered`);
    const found = await readArray("x-kernel.npy");
    assert.equal(found.shape, [1, 5, 5]);
    assert.ok(Math.abs(Array.from(found.data as Float32Array).reduce((a, b) => a + b, 0) - 1) < 1e-5);
    await ok(
      "reconstruct y.npz --noise 0.01 --shape 14,14 --prior tv --operator blind-blur --kernel-prior kernels -o t.png",
    );
    assert.ok(existsSync("t.png") && existsSync("t-kernel.png"));
    await writeNpz("clear.npz", { arrays: { data: clear }, metadata: undefined });
    await ok("measure clear.npz --operator blur:sigma=1 --noise 0.02 -o m.npz");
    const measured = await ok("reconstruct m.npz --prior tv --operator blind-blur --kernel-prior kernels -o m.npy");
    assert.is(measured.sigma, 0.04); // twice that of the file, as the kernel is in doubt
    const few = "--prior tv --operator blind-blur:steps=60 --kernel-prior kernels -o z.npy";
    await refused(
      `reconstruct y.npz --noise 0.01 --shape 14,14 ${few}`,
      /^error: blind-blur: steps: is for joint descents, of generators and mixtures, tv is neither; leave it out/,
    );
    await refused(
      "reconstruct t.png --prior prior --operator blind-blur --shape 15,15 --kernel-prior kernels -o z.npy",
      /^error: t\.png: y has 14 numbers a signal, blind-blur returns 225/,
    );
    const blind = `${line} --operator blind-blur -o z.npy`;
    await refused(blind, /^error: --kernel-prior: is missing; blind-blur needs one/);
    await refused(`${blind} --kernel-prior kernels --samples 3`, /^error: --samples: blind-blur has no use for it/);
    await refused(`${blind} --kernel-prior tv`, /^error: --kernel-prior: tv is a baseline; give a prior of kernels/);
    await refused(`${blind} --kernel-prior prior`, /^error: .*kernels of 14×14/);
    await refused(
      `${line} --operator identity --kernel-prior kernels -o z.npy`,
      /^error: --kernel-prior: is for --operator blind-blur/,
    );
    await refused(`${line} --operator blind-blur:steps=x --kernel-prior kernels -o z.npy`, /^error: blind-blur: steps/);
  } finally {
    process.chdir(home);
  }
});

test.run();
