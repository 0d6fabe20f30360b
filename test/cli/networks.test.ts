import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray from "ndarray";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadReconstruction } from "../../src/compare/reconstruction.ts";
import { decodeNpy, encodeNpy } from "../../src/data/npy.ts";
import { stream } from "../../src/data/random.ts";
import { ok, run, scratch } from "./spawn.ts";

const test = suite("networks of the user's own");
process.chdir(scratch());
for (const name of ["decoder.onnx", "mlp.onnx", "smooth.onnx"]) {
  copyFileSync(path.join(import.meta.dirname, "../fixtures/onnx", name), name);
}

test("sample draws from a generator, and its draws are recovered from few measurements", async () => {
  const { shape } = await ok("sample onnx:decoder.onnx -n 4 -o drawn.png");
  assert.equal(shape, [16, 16]);
  assert.is((await sharp(readFileSync("drawn.png")).metadata()).format, "png");
  await ok("sample onnx:decoder.onnx -n 3 -o drawn.npy");
  const drawn = Float32Array.from(decodeNpy(readFileSync("drawn.npy"), "drawn.npy").data);
  await ok("measure drawn.npy --operator gaussian:m=40 --noise 0.001 -o y.npz");
  const { solver, method, mse } = await ok(
    "reconstruct y.npz --prior onnx:decoder.onnx --solver csgm:restarts=4 -o x.npz",
  );
  assert.equal([solver, method], ["csgm", "decoder"]);
  const mean = drawn.reduce((sum, v) => sum + v / drawn.length, 0);
  const variance = drawn.reduce((sum, v) => sum + (v - mean) ** 2 / drawn.length, 0);
  assert.ok(mse < 0.1 * variance, `${mse} of ${variance}`); // 40 measurements of 4 latents
});

test("a flat generator makes signals of the shape that was measured", async () => {
  writeFileSync("y.npy", encodeNpy(ndarray(stream(1, "y").fillNormal(new Float32Array(10)), [1, 10])));
  const words =
    "reconstruct y.npy --operator gaussian:m=10 --noise 0.1 --prior onnx:mlp.onnx --solver csgm:restarts=1,steps=5";
  await ok(`${words} --shape 4,6 -o shaped.npz`);
  assert.equal((await loadReconstruction("shaped.npz")).estimate.shape, [1, 4, 6]);
  await ok(`${words} -o flat.npz`);
  assert.equal((await loadReconstruction("flat.npz")).estimate.shape, [1, 24]);
  const { stderr } = await run(`${words} --shape 5,5 -o wrong.npz`);
  assert.is(
    stderr,
    "error: mlp.onnx: makes signals of [24], the measured ones are [5, 5]; use a generator of that shape\n",
  );
});

test("a denoiser recovers by plug-and-play, or by RED if that is asked for", async () => {
  const image = Uint8Array.from({ length: 40 * 30 }, (_, i) => 255 * Number((i % 40) + i / 40 > 35));
  await sharp(image, { raw: { width: 40, height: 30, channels: 1 } })
    .png()
    .toFile("noisy.png");
  const words = "reconstruct noisy.png --operator identity --noise 0.1 --prior onnx:smooth.onnx";
  const { solver } = await ok(`${words} -o clean.png`);
  assert.is(solver, "plug-and-play");
  const { width, height } = await sharp(readFileSync("clean.png")).metadata();
  assert.equal([width, height], [40, 30]);
  assert.is((await ok(`${words} --solver red:steps=5 -o red.npz`)).solver, "red");
  const { stderr } = await run(`${words} --lambda 1 -o l.npz`);
  assert.match(
    stderr,
    /^error: lambda: plug-and-play has none, the noise of the measurements weighs the prior; leave it out\n$/,
  );
});

test("inspect says what a network is taken for", async () => {
  const { network } = await ok("inspect decoder.onnx");
  assert.equal([network.kind, network.latent, network.shape], ["generator", 4, [16, 16]]);
  const { stdout } = await run("inspect onnx:smooth.onnx");
  assert.match(stdout, /prior +denoiser\nsignals +images of any size, grey\nσ +an input of its own\n/);
});

test("compare tells that a network was brought along", async () => {
  await ok("sample onnx:decoder.onnx -n 14 -o data.npy");
  const report = await ok(
    "compare data.npy --prior onnx:decoder.onnx:solver=csgm,restarts=1,steps=20 --prior onnx:smooth.onnx --operator mask:keep=0.5 --baselines none --limit 2 --tune-count 2 -o report",
  );
  const methods = report.rows.map((row: { method: string }) => row.method);
  assert.equal(methods, ["decoder, csgm:restarts=1,steps=20", "smooth"]);
  const page = readFileSync("report/index.html", "utf8");
  assert.match(page, /decoder, smooth: brought along as a network; what it was trained on is not known here\./);
  assert.not.match(page, /learned from a sketch of the training data alone/);
});

test("evaluate judges the draws of a generator", async () => {
  await ok("sample onnx:decoder.onnx -n 120 --seed 5 -o many.npy");
  const { figures } = await ok("evaluate onnx:decoder.onnx many.npy --groups 2 --frequencies 50");
  assert.ok(figures.mmd2.difference.mean < 0.1); // the same law
});

test("wrong networks are refused in one line", async () => {
  writeFileSync("text.onnx", "no network");
  for (const [words, message] of [
    [
      "sample onnx:smooth.onnx -o s.png",
      /^error: smooth.onnx: is a denoiser, from which nothing can be drawn; give a generator\n$/,
    ],
    ["sample onnx:mlp.onnx -o s.png", /^error: --out: signals of shape 24 are no images; write a .npy file instead\n$/],
    [
      "reconstruct y.npz --prior onnx:none.onnx -o z.npz",
      /^error: none.onnx: no such file; check the path \(looked in .*\)\n$/,
    ],
    [
      "reconstruct y.npz --prior onnx:text.onnx -o z.npz",
      /^error: text.onnx: is no ONNX model \(.*\); export the network again\n$/,
    ],
    [
      "reconstruct y.npz --prior decoder.onnx -o z.npz",
      /^error: --prior: a network of your own is onnx:decoder.onnx\n$/,
    ],
    ["reconstruct y.npz --prior onnx: -o z.npz", /^error: onnx: expected a file, as onnx:generator.onnx, got none\n$/],
  ] as const) {
    const { code, stderr } = await run(words);
    assert.match(stderr, message);
    assert.is(code, 1);
  }
});

test.run();
