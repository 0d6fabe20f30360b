import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { readNpz } from "../../src/data/index.ts";
import { encodeNpz } from "../../src/data/npz.ts";
import { stream } from "../../src/data/random.ts";
import { type FileArray, readArray } from "../../src/data/read-array.ts";
import { openOperator } from "../../src/measure/open-operator.ts";
import { loadSketch } from "../../src/sketch/files.ts";
import { covariance, mean } from "../../src/sketch/index.ts";
import { filesIn, ok, scratch } from "../cli/spawn.ts";
import { numpy, python } from "../data/tiny.ts";

/** The Python code of docs/from-python.md, run on files of the command line. */
const test = suite("docs/from-python.md");
const page = readFileSync(new URL("../../docs/from-python.md", import.meta.url), "utf8");
const [measurements, sketch, mixture, generator] = [...page.matchAll(/```python\n(.*?)```/gs)].map(([, code]) => code!);
const withRuntime = numpy && spawnSync("python3", ["-c", "import onnxruntime"]).status === 0;
if (!withRuntime) console.log("(python3 has no onnxruntime here: the generator's code is not run)");

process.chdir(scratch());
const [COUNT, DRAWS] = [400, 20_000];

/** Images of 4 × 4 pixels about one of two means, which are the labels. */
const labels = Int32Array.from({ length: COUNT }, (_, i) => i % 2);
const pixels = stream(1, "images").fillNormal(new Float32Array(16 * COUNT));
const images = pixels.map((v, i) => 0.2 * v + labels[Math.floor(i / 16)]! * (i % 4 === 0 ? 1 : 0.3));
const arrays = { data: ndarray(images, [COUNT, 4, 4]), labels: ndarray(labels, [COUNT]) };
writeFileSync("images.npz", encodeNpz({ arrays, metadata: undefined }));
await ok("sketch images.npz -o X.npz --frequencies 16 --scale 1");
await ok("sketch images.npz -o M.npz --by-label --sketch-size 1k");
await ok("train M.npz -o mixture");
await ok("sketch images.npz -o R.npz --by-label --sketch-size 400"); // reduced second moments
await ok("train R.npz -o reduced");
await ok("sketch images.npz -o L.npz --by-label --frequencies 16 --scale 1 --features pca:4");
await ok("train L.npz -o generator --hidden 8 --latent 4 --batch 100 --steps 20");
await ok("measure images.npz --operator blur --limit 2 -o measured.npz");
await ok("reconstruct measured.npz --prior tikhonov -o recovered.npz");

test("the page names every member of every file, and every file of a prior's folder", async () => {
  const files = [
    "X.npz",
    "M.npz",
    "L.npz",
    "R.npz",
    "mixture/mixture.npz",
    "reduced/mixture.npz",
    "measured.npz",
    "recovered.npz",
  ];
  for (const file of files) {
    for (const name of Object.keys((await readNpz(file)).arrays)) {
      const last = name.slice(name.lastIndexOf(".")); // `local-moments.count`, `.u`
      assert.ok(page.includes(`\`${name}\``) || page.includes(`\`${last}\``), `${file}: ${name}`);
    }
  }
  for (const file of [...filesIn("mixture"), ...filesIn("generator")]) assert.ok(page.includes(`\`${file}\``), file);
});

/** What a block of the page leaves in a variable. */
async function variable(code: string, expression: string): Promise<FileArray> {
  python(`${code}\nnp.save("variable.npy", ${expression})`);
  return readArray("variable.npy");
}

/** Fails unless two sets of 20 000 draws agree: 5 standard errors √(2/20000) of the mean, and 10 % of the spread. */
function sameDistribution(given: ArrayLike<number>, expected: ArrayLike<number>): void {
  const momentsOf = (draws: ArrayLike<number>, pixel: number) => {
    let [sum, squares] = [0, 0];
    for (let i = pixel; i < draws.length; i += 16) {
      sum += draws[i]!;
      squares += draws[i]! ** 2;
    }
    const count = draws.length / 16;
    return { middle: sum / count, spread: Math.sqrt(squares / count - (sum / count) ** 2) };
  };
  for (let pixel = 0; pixel < 16; pixel++) {
    const [a, b] = [momentsOf(given, pixel), momentsOf(expected, pixel)];
    assert.ok(Math.abs(a.middle - b.middle) < 0.05 * b.spread, `pixel ${pixel}: means ${a.middle} and ${b.middle}`);
    assert.ok(Math.abs(a.spread / b.spread - 1) < 0.1, `pixel ${pixel}: spreads ${a.spread} and ${b.spread}`);
  }
}

async function drawn(prior: string): Promise<ArrayLike<number>> {
  await ok(`sample ${prior} -n ${DRAWS} -o ${prior}.npy`);
  return (await readArray(`${prior}.npy`)).data;
}

(numpy ? test : test.skip)("measurements and a matrix written by NumPy are read as they are", async () => {
  python(measurements!);
  const y = await readArray("y.npy");
  assert.equal(y.shape, [3, 200]);
  const { inShape, outShape } = await openOperator("matrix:file=A.npy", { shape: [28, 28], seed: 1 });
  assert.equal([inShape, outShape], [[28, 28], [200]]);
  const [, line] = /^ {4}sketchprior (reconstruct y\.npy .*)$/m.exec(page)!;
  const { shape } = await ok(line!.replace("--prior mixture", "--prior tikhonov"));
  assert.equal(shape, [28, 28]);
});

(numpy ? test : test.skip)("a sketch gives Fourier moments, mean and covariance", async () => {
  const moduli = await variable(sketch!, "abs(z)");
  assert.equal(moduli.shape, [16]);
  assert.ok(Array.from(moduli.data).every((v) => v > 0 && v <= 1));
  const own = await loadSketch("X.npz");
  for (const [name, expected] of Object.entries({ mean: mean(own), covariance: covariance(own) })) {
    const { data } = await variable(sketch!, name);
    assert.is(data.length, expected.length);
    for (const [i, v] of expected.entries()) assert.ok(Math.abs(data[i]! - v) < 1e-9, `${name} ${i}`);
  }
});

(numpy ? test : test.skip)("draws of a mixture have the distribution of ours", async () => {
  const code = mixture!.replace("count = 64", `count = ${DRAWS}`);
  for (const folder of ["mixture", "reduced"]) {
    const { data } = await variable(code.replaceAll("mixture/", `${folder}/`), "x");
    sameDistribution(data, await drawn(folder));
  }
});

(withRuntime ? test : test.skip)("draws of a generator by label have the distribution of ours", async () => {
  const { data } = await variable(generator!.replace("count = 64", `count = ${DRAWS}`), "x");
  sameDistribution(data, await drawn("generator"));
});

test.run();
