import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadReconstruction } from "../../src/compare/reconstruction.ts";
import { decodeNpy, encodeNpy } from "../../src/data/npy.ts";
import { stream } from "../../src/data/random.ts";
import { filesIn, ok, run, scratch } from "./spawn.ts";

const test = suite("files of reconstruct");
process.chdir(scratch());
const smooth = stream(1, "images");
const images = Float32Array.from({ length: 60 * 36 }, (_, at) => 0.5 + 0.2 * Math.sin(at / 7) + 0.1 * smooth.normal());
writeFileSync("images.npy", encodeNpy(ndarray(images, [60, 6, 6])));
await ok("sketch images.npy -o X.npz --sketch-size 1k");
await ok("train X.npz -o mixture");
await ok("measure images.npy --operator blur --noise 0.05 --limit 3 -o y.npz");

test("--deviation and --samples: arrays in the .npz, and a picture of all beside it", async () => {
  const { picture } = await ok("reconstruct y.npz --prior mixture --deviation --samples 4 -o all.npz");
  assert.is(picture, "all.png");
  const { estimate, deviation, samples } = await loadReconstruction("all.npz");
  assert.equal(
    [estimate.shape, deviation!.shape, samples!.shape],
    [
      [3, 6, 6],
      [3, 6, 6],
      [3, 4, 6, 6],
    ],
  );
  assert.ok(deviation!.data.every((v) => v > 0 && v < 0.3));
  const { width, height, format } = await sharp(readFileSync("all.png")).metadata();
  assert.ok(format === "png" && width! > height!, `${width} × ${height}`);
  await ok("reconstruct y.npz --prior mixture -o plain.npz");
  assert.not.ok(filesIn(".").includes("plain.png"));
});

test("y and A of one's own: the signals have the shape of the trained prior, and --shape is asked for by name", async () => {
  const A = stream(2, "rows").fillNormal(new Float32Array(20 * 36));
  writeFileSync("A.npy", encodeNpy(ndarray(A, [20, 36])));
  const y = Float32Array.from({ length: 2 * 20 }, (_, at) => {
    const [signal, row] = [Math.floor(at / 20), at % 20];
    let sum = 0;
    for (let p = 0; p < 36; p++) sum += A[row * 36 + p]! * images[signal * 36 + p]!;
    return sum;
  });
  writeFileSync("own.npy", encodeNpy(ndarray(y, [2, 20])));
  const words = ["reconstruct", "own.npy", "--operator", "matrix:file=A.npy", "--noise", "0.01", "--prior", "mixture"];
  await ok([...words, "-o", "own.npz"].join(" "));
  assert.equal((await loadReconstruction("own.npz")).estimate.shape, [2, 6, 6]);
  const { stderr } = await run([...words, "--shape", "36", "-o", "other.npz"].join(" "));
  assert.match(stderr, /mixture makes signals of \[6, 6\], the measured ones are \[36\]; give --shape 6,6/);
});

test("measurements that are not linear, with a mixture; other priors are refused in one line", async () => {
  for (const operator of [
    "magnitude*gaussian:m=30",
    "sign*gaussian:m=90",
    "quantise:step=0.5*gaussian:m=30",
    "stack(sign;mask)",
  ]) {
    await ok(`measure images.npy --operator ${operator} --limit 2 -o bent.npz --force`);
    const { solver, count, mse } = await ok("reconstruct bent.npz --prior mixture -o bent-x.npz --force");
    assert.equal([solver, count], ["csgm", 2]);
    assert.ok(mse < 0.02, `${operator}: ${mse}`); // the images vary by 0.03 about their mean, 0.01 of it white noise
  }
  const { stderr } = await run("reconstruct bent.npz --prior tv -o no.npz");
  assert.is(
    stderr,
    "error: solver: stack(sign; mask(keep=0.5)) is not linear, and tv needs a linear Φ; give a generator, a mixture or a Gaussian, which csgm recovers\n",
  );
});

test("signals that are neither images nor lines are written without a picture", async () => {
  const cubes = ndarray(images.slice(0, 30 * 72), [30, 3, 4, 6]);
  mkdirSync("cubes");
  writeFileSync("cubes/data.npy", encodeNpy(cubes));
  await ok("sketch cubes/data.npy -o cubes/X.npz --sketch-size 1k");
  await ok("measure cubes/data.npy --operator gaussian:m=20 --noise 0.05 --limit 1 -o cubes/y.npz");
  const { picture } = await ok("reconstruct cubes/y.npz --prior gaussian:cubes/X.npz --deviation -o cubes/x.npz");
  assert.is(picture, undefined);
  assert.equal(filesIn("cubes"), ["X.npz", "data.npy", "x.npz", "y.npz"]);
  const { stderr } = await run("reconstruct cubes/y.npz --prior gaussian:cubes/X.npz -o cubes/x.png");
  assert.is(stderr, "error: cubes/x.png: signals of [3, 4, 6] are no images; write a .npy or .npz file instead\n");
});

test(".npy and images hold the estimate: the array, its grey levels, one pixel a number", async () => {
  await ok("measure images.npy --operator blur --noise 0.05 --limit 1 -o one.npz");
  await ok("reconstruct one.npz --prior mixture -o one.npy");
  const found = decodeNpy(readFileSync("one.npy"));
  assert.equal([found.shape, found.dtype], [[1, 6, 6], "float32"]);
  const { levels } = await ok("reconstruct one.npz --prior mixture -o one.png");
  assert.is(levels, "0 is black, 1 is white");
  const { data, info } = await sharp(readFileSync("one.png"))
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.equal([info.width, info.height, info.channels], [6, 6, 1]);
  const wanted = Array.from(found.data as Float32Array, (v) => Math.round(255 * Math.min(1, Math.max(0, v))));
  assert.equal([...data], wanted);
  const scaled = await ok("reconstruct one.npz --prior mixture --range 0,255 -o scaled.png");
  assert.is(scaled.levels, "0 is black, 255 is white");
});

test("other names and files that are there are refused before anything is written", async () => {
  writeFileSync("kept.png", "mine");
  const before = filesIn(".");
  const cases = [
    ["-o x.doc", /^error: x\.doc: expected a name that ends in \.npz, \.npy, \.png, .*\.webp\n$/],
    ["-o x.png --deviation", /^error: x\.png: holds the estimate alone; with --deviation .* picture beside it\n$/],
    ["-o kept.npz --samples 2", /^error: kept\.png: exists already; give --force to replace it\n$/],
    ["-o none/x.png", /^error: none\/x\.png: cannot be written, there is no folder none/],
  ] as const;
  for (const [words, message] of cases) {
    const { code, stderr } = await run(`reconstruct y.npz --prior mixture ${words}`);
    assert.match(stderr, message);
    assert.is(code, 1);
  }
  const { stderr } = await run("reconstruct y.npz --prior tv -o x.npz --deviation");
  assert.match(
    stderr,
    /^error: recover: primal-dual knows no deviation; with a linear Φ a mixture prior does, patches do, or a generator with a residual\n$/,
  );
  assert.equal(filesIn("."), before);
});

test.run();
