import { writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy } from "../../src/data/npy.ts";
import { floats } from "../operators/draws.ts";
import { inProcess, ok, refused, run, scratch } from "./spawn.ts";

const test = suite("check-operator, the command");
process.chdir(scratch());
writeFileSync("A.npy", encodeNpy(floats([3, 0, 0, 0, 4, 0], [2, 3])));
const module = (name: string, rest: string) =>
  writeFileSync(
    name,
    `export default ({ tf, shape }) => ({ name: "mine", inShape: shape, outShape: shape, forward: (x) => tf.mul(3, x), ${rest} });`,
  );
module("wrong.mjs", "adjoint: (y) => tf.mul(6, y)");
module("silent.mjs", "");

test("a matrix in words and as data", async () => {
  const { code, stdout, stderr } = await run("check-operator matrix:file=A.npy");
  assert.equal([code, stderr], [0, ""]);
  assert.match(
    stdout,
    /^operator +matrix\(2×3\)\ntakes +3, 3 numbers\nreturns +2, 2 numbers \(66\.67 %\)\nlinear +yes: /,
  );
  assert.match(stdout, /\nadjoint +right: /);
  assert.match(stdout, /\n‖Φ‖ +4 by power iteration, no formula is known\n/);
  assert.match(stdout, /\nsmallest +1 of 3 directions of a signal are not measured, .* is 3\ncondition +1\.333, /);
  assert.match(stdout, /\nresult +no fault found\n$/);
  const data = await ok("check-operator matrix:file=A.npy");
  assert.equal([data.m, data.n, data.claimsLinear, data.faults], [2, 3, true, []]);
  assert.ok(Math.abs(data.norm - 4) < 1e-4 && data.singularValues.rank === 2);
});

test("the norm beside its closed form, and other shapes", async () => {
  const { norm, statedNorm } = await ok("check-operator differences --shape 9,5");
  assert.ok(Math.abs(norm / statedNorm - 1) < 1e-3);
  assert.match(
    (await run("check-operator identity --shape 4,4")).stdout,
    /‖Φ‖ +1 by power iteration, 1 by its formula/,
  );
});

test("a wrong adjoint of one's own module is called that, and ends with 1 after the report", async () => {
  const { code, stdout, stderr } = await run("check-operator ./wrong.mjs --shape 4,3");
  assert.is(code, 1);
  assert.match(stdout, /\nadjoint +wrong: ⟨Φx, y⟩ and ⟨x, Φ'y⟩ differ by 0\.\d+ of their size\n/);
  assert.is(
    stderr,
    "error: mine: its adjoint is wrong: it is 2 times the right one; correct it, or leave it out, and it is derived\n",
  );
  const json = await inProcess(["check-operator", "./wrong.mjs", "--shape", "4,3", "--json"]);
  assert.is(json.code, 1);
  assert.match(JSON.parse(json.stdout).faults[0], /^its adjoint is wrong/);
});

test("what is linear and does not say so, and what is not linear", async () => {
  const silent = await run("check-operator ./silent.mjs --shape 4,3");
  assert.is(silent.code, 0);
  assert.match(
    silent.stdout,
    /linear +yes, but it does not say so: .*\n(.*\n)*solvers +csgm alone, .*; say linear: true/,
  );
  const signs = await run("check-operator sign*blur --shape 5,5");
  assert.match(
    signs.stdout,
    /linear +no: .*\ngradient +there is one, of how far numbers are from agreeing with y, which/,
  );
  const flat = await run("check-operator sign*quantise:step=0.5*blur --shape 5,5");
  assert.is(flat.code, 1);
  assert.match(flat.stdout, /\ngradient +0: descents have no direction\n/);
});

test("bad input is one line", async () => {
  await refused(
    "check-operator gaussian:m=3",
    /^error: operator: gaussian:m=3 needs the shape .*say --shape, as 28,28\n$/,
  );
  await refused("check-operator blurr --shape 5,5", /^error: operator: unknown operator "blurr"; did you mean blur\?/);
  await refused(
    "check-operator blur --shape 5,x",
    /^error: --shape: expected numbers separated by commas, got "5,x"\n$/,
  );
});

test.run();
