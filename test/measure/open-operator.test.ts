import { writeFile } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isLinear, requireLinear } from "../../operators/operator.ts";
import { readNpz, writeNpz } from "../../src/data/index.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import {
  loadMeasurements,
  measure,
  openMeasurements,
  openOperator,
  saveMeasurements,
} from "../../src/measure/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { apply, difference, draw, floats } from "../operators/draws.ts";

const test = suite("operators of one's own");
const at = scratch();
const A = floats([1, 2, 3, 4, 5, 6, 0, 1, 0, 1, 0, 1], [2, 6]);
const x = draw(1, [3, 2, 3]);

test.before(async () => {
  await writeFile(at("A.npy"), encodeNpy(A));
  await writeNpz(at("both.npz"), { arrays: { A, other: x }, metadata: undefined });
  await writeFile(at("A.csv"), "1,2,3,4,5,6\n0,1,0,1,0,1\n");
});

/** Ax of every row, by hand. */
const byHand = (signals: typeof x) =>
  Array.from({ length: 6 }, (_, k) => {
    const [row, i] = [Math.floor(k / 2), k % 2];
    return A.data.slice(6 * i, 6 * i + 6).reduce((sum, a, j) => sum + a * signals.data[6 * row + j]!, 0);
  });

for (const file of ["A.npy", "both.npz:A", "A.csv"]) {
  test(`matrix:file=${file} is y = Ax, with the shape given or [n]`, async () => {
    const spec = `matrix:file=${at(file)}`;
    const operator = requireLinear("test", await openOperator(spec, { shape: [2, 3] }));
    assert.equal([operator.inShape, operator.outShape, operator.source], [[2, 3], [2], { spec, seed: 1 }]);
    assert.ok(difference((await apply(operator.forward, x)).data, byHand(x)) < 1e-6);
    assert.equal((await openOperator(spec)).inShape, [6]);
  });
}

test("a matrix composes with other operators, and measurements by it are loaded again", async () => {
  const spec = `matrix:file=${at("A.npy")}*blur:sigma=0.6`;
  const operator = await openOperator(spec, { shape: [2, 3], seed: 4 });
  const blurred = await apply((await openOperator("blur:sigma=0.6", { shape: [2, 3] })).forward, x);
  assert.ok(difference((await apply(operator.forward, x)).data, byHand(blurred)) < 1e-6);
  const measured = await measure(x, operator, { noise: 0.1 });
  await saveMeasurements(at("y.npz"), measured);
  const loaded = await loadMeasurements(at("y.npz"));
  assert.equal(loaded.operator.source, { spec, seed: 4 });
  assert.equal((await apply(loaded.operator.forward, x)).data, (await apply(operator.forward, x)).data);
});

test("measurements by a matrix are not loaded with another one at its path; files from before that check are", async () => {
  const spec = `matrix:file=${at("changing.npy")}*blur:sigma=0.6`;
  await writeFile(at("changing.npy"), encodeNpy(A));
  const measured = await measure(x, await openOperator(spec, { shape: [2, 3] }), { noise: 0.1 });
  await saveMeasurements(at("changing.npz"), measured);
  await writeFile(at("changing.npy"), encodeNpy(floats([...A.data].reverse(), A.shape)));
  await refuses(
    () => loadMeasurements(at("changing.npz")),
    /changing\.npz: was measured by another matrix than matrix:file=.*changing\.npy\S* holds now; .* say --operator/,
  );
  assert.equal((await openMeasurements(at("changing.npz"), { operator: spec })).y.data, measured.y.data);
  const { arrays, metadata } = await readNpz(at("changing.npz"));
  const { operatorDigest: _, ...old } = metadata as Record<string, unknown>;
  await writeNpz(at("before.npz"), { arrays, metadata: old as typeof metadata });
  assert.equal((await loadMeasurements(at("before.npz"))).y.data, measured.y.data);
  await writeFile(at("changing.npy"), encodeNpy(A));
  assert.equal((await loadMeasurements(at("changing.npz"))).y.data, measured.y.data);
});

const write = async (text: string, name: string) => {
  await writeFile(at(name), text);
  return at(name);
};

test("a module's default export is the operator, or a function that makes it from what it is given", async () => {
  const made = await write(
    `export default ({ tf, linearOperator, shape, seed }) => linearOperator({
      name: "twice(" + seed + ")", inShape: shape, outShape: shape, forward: (x) => tf.mul(x, 2) });`,
    "twice.mjs",
  );
  const twice = requireLinear("test", await openOperator(made, { shape: [2, 3], seed: 9 }));
  assert.is(twice.name, "twice(9)");
  assert.equal(
    (await apply(twice.adjoint, x)).data,
    x.data.map((v) => 2 * v),
  );
  const plain = await write(
    `export default { name: "square", inShape: [2, 3], outShape: [2, 3], forward(x) { return x.square(); } };`,
    "square.mjs",
  );
  const square = await openOperator(plain);
  assert.not(isLinear(square));
  assert.ok(
    difference(
      (await apply(square.forward, x)).data,
      x.data.map((v) => v * v),
    ) < 1e-6,
  );
  const own = await write(
    `export default { name: "first", inShape: [6], outShape: [1], forward: (x) => x.slice([0, 0], [-1, 1]),
      adjoint: (y) => y.pad([[0, 0], [0, 5]]) };`,
    "first.mjs",
  );
  assert.ok(isLinear(await openOperator(own)));
});

test("what is wrong with a file or module is one clear line that names it", async () => {
  let count = 0;
  /** The spec of a module of this text; every one has a name of its own, for modules are loaded once. */
  const module = (text: string) => write(text, `wrong-${count++}.mjs`);
  const operator = (rest: string) =>
    module(`export default ({ tf }) => ({ name: "mine", inShape: [6], outShape: [6], ${rest} });`);
  await writeFile(at("nan.csv"), "1,2\n3,oops\n");
  await writeFile(at("inf.npy"), encodeNpy(floats([1, Number.POSITIVE_INFINITY], [1, 2])));
  const cases: readonly (readonly [string, RegExp, (readonly number[])?])[] = [
    ["matrix", /matrix: file is required/],
    [`matrix:file=${at("no.npy")}`, /no\.npy: no such file/],
    [`matrix:file=${at("A.npy")}`, /A\.npy: matrix: has 6 columns, but signals of \[5, 5\] are 25 numbers/, [5, 5]],
    [`matrix:file=${at("nan.csv")}`, /nan\.csv: line 2: column 2 holds "oops"/],
    [`matrix:file=${at("inf.npy")}`, /inf\.npy: entry \[0, 1\] is Infinity/],
    [`matrix:file=${at("both.npz")}`, /both\.npz: .*A, other/],
    ["gaussian:m=3", /gaussian:m=3 needs the shape of one signal; say --shape, as 28,28/],
    ["gausian:m=3", /unknown operator "gausian"/, [6]],
    [at("no.mjs"), /no\.mjs: no such file/],
    [await module("export default"), /wrong-\d+\.mjs: cannot be loaded: /],
    [await module("throw new Error('at home');"), /cannot be loaded: at home/],
    [await module("export const forward = 1;"), /has no default export; expected an operator/],
    [await module("export default 3;"), /expected an operator \{ name, .* got number/],
    [await module("export default () => { throw new Error('no\\nluck'); };"), /its function failed: no luck$/],
    [await module("export default () => undefined;"), /expected an operator .* got undefined/],
    [await operator(""), /its operator: mine: forward: expected a function/],
    [await operator("forward: (x) => { throw new Error('too dark'); }"), /its operator fails: .*too dark/],
    [await operator("forward: (x) => tf.sum(x, 1)"), /mine: forward: should return \[2, 6\], returned \[2\]/],
    [await operator("forward: (x) => 3"), /mine: forward: should return \[2, 6\], returned number/],
    [await operator("forward: (x) => x"), /mine takes signals of \[6\], the signals are \[2, 3\]/, [2, 3]],
    [await operator("linear: true, forward: (x) => tf.abs(x)"), /mine says it is linear, but .* differ by/],
    [await operator("forward: (x) => x, adjoint: (y) => tf.mul(y, 2)"), /mine says it is linear, but .* differ by/],
  ];
  for (const [spec, message, shape] of cases) await refuses(() => openOperator(spec, shape ? { shape } : {}), message);
});

test.run();
