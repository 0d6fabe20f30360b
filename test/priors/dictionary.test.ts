import { suite } from "uvu";
import * as assert from "uvu/assert";
import { identity } from "../../operators/identity.ts";
import { atomsOf, dictionaryKind, sparseCode } from "../../priors/dictionary/index.ts";
import { learnAtoms } from "../../priors/dictionary/learn.ts";
import { loadPrior, savePrior } from "../../src/cli/prior-folder.ts";
import { takeMeans } from "../../src/data/channel-means.ts";
import { patchesOf } from "../../src/data/grid.ts";
import { arrayDataset, openDataset, readRows, stream } from "../../src/data/index.ts";
import { recover } from "../../src/solve/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { floats } from "../operators/draws.ts";

const test = suite("dictionary");
const at = scratch();

/** Random rows of norm 1 and mean 0. */
function unitRows(seed: number, count: number, d: number): Float32Array {
  const rows = stream(seed, "atoms").fillNormal(new Float32Array(count * d));
  takeMeans(rows, d, 1);
  for (let k = 0; k < count; k++) {
    const row = rows.subarray(k * d, (k + 1) * d);
    const norm = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    row.forEach((v, i) => {
      row[i] = v / norm;
    });
  }
  return rows;
}

const productsOf = (rows: ArrayLike<number>, count: number, x: ArrayLike<number>) => {
  const d = x.length;
  return Float64Array.from({ length: count }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += rows[k * d + i]! * x[i]!;
    return sum;
  });
};

test("pursuit by hand: the nearest atom first, then both are fitted together", () => {
  const [c, s] = [0.6, 0.8];
  const rows = [1, 0, c, s]; // two atoms of the plane
  const x = [2 * c + 0.5, 2 * s]; // twice the second and half of the first
  const atoms = atomsOf(rows, 2);
  const products = productsOf(rows, 2, x);
  const one = sparseCode(products, atoms, { most: 1, gain: 0 });
  assert.equal(one.atoms, [1]);
  assert.ok(Math.abs(one.weights[0]! - (2 + 0.5 * c)) < 1e-12);
  const both = sparseCode(products, atoms, { most: 2, gain: 0 });
  assert.equal(both.atoms, [1, 0]);
  assert.ok(Math.abs(both.weights[0]! - 2) < 1e-12 && Math.abs(both.weights[1]! - 0.5) < 1e-12);
  // the first atom lowers the square of what is left by (0.5 · 0.8)², from that to 0
  assert.equal(sparseCode(products, atoms, { most: 2, gain: 0.17 }).atoms, [1]);
  assert.equal(sparseCode(products, atoms, { most: 2, gain: 0.15 }).atoms, [1, 0]);
  assert.equal(sparseCode(products, atoms, { most: 2, gain: 1e6 }).atoms, []);
});

test("every step of the pursuit leaves what is orthogonal to all atoms taken", () => {
  const [count, d] = [20, 9];
  const rows = unitRows(3, count, d);
  const x = stream(4, "x").fillNormal(new Float64Array(d));
  const { atoms, weights } = sparseCode(productsOf(rows, count, x), atomsOf(rows, count), { most: 4, gain: 0 });
  assert.is(new Set(atoms).size, 4);
  const left = x.map((v, i) => v - atoms.reduce((sum, k, j) => sum + weights[j]! * rows[k * d + i]!, 0));
  const products = productsOf(rows, count, left);
  for (const k of atoms) assert.ok(Math.abs(products[k]!) < 1e-6); // atoms of norm 1 in float32
});

/** Patches that are sums of two of 12 atoms, with a mean of their own. */
function planted() {
  const [count, d, n] = [12, 16, 1500];
  const rows = unitRows(1, count, d);
  const random = stream(2, "codes");
  const patches = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    for (const k of random.permutation(count).slice(0, 2)) {
      const weight = (0.5 + random.uniform()) * (random.uniform() < 0.5 ? -1 : 1);
      for (let q = 0; q < d; q++) patches[i * d + q]! += weight * rows[k * d + q]!;
    }
    const mean = random.normal();
    for (let q = 0; q < d; q++) patches[i * d + q]! += mean;
  }
  return { rows, patches, count, d };
}

test("finds the atoms that patches are made of, and its loss falls", async () => {
  const { rows, patches, count, d } = planted();
  const options = { atoms: count, sparsity: 2, steps: 15, channels: 1, seed: 1 };
  const found = await learnAtoms(patches, d, options);
  const likeness = Array.from({ length: count }, (_, k) =>
    Math.max(...productsOf(found.rows, count, rows.subarray(k * d, (k + 1) * d)).map(Math.abs)),
  );
  assert.ok(likeness.filter((v) => v > 0.99).length >= count - 2, likeness.join(" ")); // K-SVD may keep two atoms for one
  assert.ok(found.history.at(-1)! < 0.25 * found.history[0]!);
  const again = () => learnAtoms(patches, d, { ...options, steps: 2 });
  assert.equal((await again()).rows, (await again()).rows);
});

test("atoms that no patch takes become patches that differ from each other", async () => {
  // half of the patches are the same one, and so are half of the atoms that it begins at, of which all but one have no users
  const [count, d, n] = [20, 16, 200];
  const patches = unitRows(3, n, d);
  for (let i = 0; i < n; i += 2) patches.copyWithin(i * d, 0, d);
  const { rows } = await learnAtoms(patches, d, { atoms: count, sparsity: 1, steps: 1, channels: 1, seed: 1 });
  const likeness = Array.from({ length: count }, (_, k) => {
    const products = productsOf(rows, count, rows.subarray(k * d, (k + 1) * d));
    return Math.max(...products.filter((_, other) => other !== k));
  });
  assert.ok(Math.max(...likeness) < 0.99, likeness.join(" "));
});

test("a folder gives the same prior again, and says what it was learned from", async () => {
  const { patches } = planted();
  const data = arrayDataset("planted", floats([...patches], [1500, 4, 4]));
  const trained = await dictionaryKind.train(data, { atoms: 8, steps: 2, sparsity: 2 }, {});
  await savePrior(at("d"), { kind: "dictionary", trained });
  assert.equal(await loadPrior(at("d"), "d"), dictionaryKind.prior("d", trained));
  const { line, fromData } = dictionaryKind.describe(trained);
  assert.match(line, /^8 atoms for patches of 4 × 4 without their mean; learned from 1 500 samples of planted$/);
  assert.ok(fromData);
  const colour = floats(new Array(5 * 48).fill(0), [5, 4, 4, 3]);
  const flat = await dictionaryKind
    .train(arrayDataset("flat", colour), { atoms: 2, steps: 1 }, {})
    .catch((error) => error);
  assert.match(flat.message, /^train: the patches of flat are all flat; give images with structure$/);
});

test("denoises dead leaves, whose patches it has not seen, far below the noise", async () => {
  const leaves = await openDataset("dead-leaves");
  const corners = Array.from({ length: 25 }, (_, i) => 5 * i);
  const grid = { rows: corners, columns: corners };
  const { data: images } = await readRows(leaves, 0, 3);
  const patches = [0, 1, 2].flatMap((i) => [
    ...patchesOf(images.subarray(i * 16384, (i + 1) * 16384), grid, { height: 128, width: 128, channels: 1, side: 6 })
      .patches,
  ]);
  const dataset = arrayDataset("leaves", floats(patches, [1875, 6, 6]));
  const trained = await dictionaryKind.train(dataset, { atoms: 48, steps: 4, sparsity: 4 }, {});
  const prior = dictionaryKind.prior("leaves", trained);
  const whole = await readRows(leaves, 9500, 9501);
  const [size, sigma] = [40, 0.1];
  const truth = floats(
    Array.from({ length: size * size }, (_, i) => whole.data[Math.floor(i / size) * 128 + (i % size)]!),
    [1, size, size],
  );
  const random = stream(7, "noise");
  const y = floats(
    [...truth.data].map((v) => v + sigma * random.normal()),
    truth.shape,
  );
  const operator = identity({ inShape: [size, size] });
  const { estimate, outcomes, chosen } = await recover({ operator, y, noise: sigma, range: [0, 1] }, prior);
  assert.equal(outcomes, ["completed"]);
  assert.is(chosen.solver, "sparse-coding");
  const error = estimate.data.reduce((sum, v, i) => sum + (v - truth.data[i]!) ** 2 / truth.size, 0);
  assert.ok(error < 0.35 * sigma ** 2, `${error}`); // large leaves have little structure
});

test("what it cannot take is refused in one line", async () => {
  const { accepts } = dictionaryKind;
  const lines = arrayDataset("lines", floats(new Array(20).fill(0), [4, 5]));
  assert.is(accepts(lines), "lines holds signals of [5], no square patches; give patches:DATA");
  const { patches } = planted();
  const data = arrayDataset("planted", floats([...patches], [1500, 4, 4]));
  await refuses(
    () => dictionaryKind.train(data, { atoms: 0 }, {}),
    /^train: atoms: expected at least 1, got 0; leave it out for the default$/,
  );
  const prior = dictionaryKind.prior("d", await dictionaryKind.train(data, { atoms: 4, steps: 1 }, {}));
  const given = { operator: identity({ inShape: [6, 6] }), y: floats(new Array(36).fill(0.5), [1, 6, 6]), noise: 0.1 };
  await refuses(
    () => recover(given, prior, { own: { steps: 0 } }),
    /^sparse-coding: steps: expected a number above 0, got 0; leave it out for the default$/,
  );
  await refuses(
    () => recover({ ...given, noise: "poisson:peak=10" }, prior),
    /^solver: none takes d with identity and poisson\(peak=10\) \(.*sparse-coding: the noise is poisson\(peak=10\), not Gaussian/,
  );
});

test.run();
