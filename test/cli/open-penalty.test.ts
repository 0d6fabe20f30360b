import { writeFile } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openPenalty } from "../../src/cli/open-penalty.ts";
import { recover } from "../../src/solve/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { difference } from "../operators/draws.ts";
import { measured, operators, shape } from "../solve/problems.ts";

const test = suite("penalties of one's own");
const at = scratch();

const write = async (name: string, text: string) => {
  await writeFile(at(name), text);
  return at(name);
};

const SQUARES = `export default ({ tf }) => ({
  value: (x) => tf.sum(tf.reshape(tf.square(x), [x.shape[0], -1]), 1),
  prox: (x, t) => tf.div(x, tf.reshape(tf.add(1, tf.mul(2, t)), [-1, 1, 1])),
});`;

const SIZES = `export default ({ tf, shape }) => ({
  name: "sizes of " + shape.join(),
  value: (x) => tf.sum(tf.reshape(tf.abs(x), [x.shape[0], -1]), 1),
  prox: (x, t) => tf.mul(tf.sign(x), tf.relu(tf.sub(tf.abs(x), tf.reshape(t, [-1, 1, 1])))),
  dualNorm: (v) => tf.max(tf.reshape(tf.abs(v), [v.shape[0], -1]), 1),
  defaultLambda: ({ sigma }) => sigma,
});`;

test("a module's proximal map recovers as that of the same penalty of the registry, alone and in a sum", async () => {
  const operator = operators[2]!;
  const given = { operator, y: await measured(operator), noise: 0.02 };
  const [squares, sizes] = [await write("squares.mjs", SQUARES), await write("sizes.mjs", SIZES)];
  const same = { tikhonov: squares, l1: sizes, "tv+l1:weight=0.5": `tv+${sizes}:weight=0.5` };
  for (const [spec, own] of Object.entries(same)) {
    const settings = { lambda: 0.02, own: { tolerance: 1e-5, steps: 1000 } };
    const known = await recover(given, await openPenalty(spec, shape), settings);
    const found = await recover(given, await openPenalty(own, shape), settings);
    assert.is(found.chosen.solver, spec === "l1" ? "fista" : "primal-dual"); // the dual norm is for FISTA
    assert.ok(difference(found.estimate.data, known.estimate.data) < 5e-3, spec); // gaps of 1e-5
  }
});

test("its name and its default λ are its own; without a rule λ must be given", async () => {
  const sizes = await openPenalty(await write("sizes.mjs", SIZES), shape);
  assert.is(sizes.name, "sizes of 8,8");
  assert.is(sizes.defaultLambda!({ sigma: 0.3, gain: 1, amplitude: 1 }), 0.3);
  const squares = await openPenalty(await write("squares.mjs", SQUARES), shape);
  assert.is(squares.name, "squares.mjs");
  const operator = operators[2]!;
  const given = { operator, y: await measured(operator), noise: 0.02 };
  assert.match(
    await recover(given, squares).then(String, String),
    /squares\.mjs: lambda: has no default; give its weight, or "auto"/,
  );
});

test("modules that are no penalties are refused in one line, before anything is solved", async () => {
  const opened = async (text: string) => openPenalty(await write(`${Math.random()}.mjs`, text), shape);
  await refuses(() => openPenalty(at("none.mjs"), shape), /none\.mjs: no such file; a penalty's module is given by/);
  await refuses(() => opened("export default 3;"), /expected a penalty \{ name, value, prox \}, got number/);
  await refuses(() => opened("export default { value: (x) => x };"), /prox: expected a function, got undefined/);
  await refuses(
    () => opened(SQUARES.replace("tf.div(x,", "tf.mul(x,")),
    /prox\(·, 0\.1\) is no proximal map of a convex penalty: .* exceeds .*; correct prox$/,
  );
  await refuses(
    () => opened(SQUARES.replace("tf.mul(2, t)", "tf.mul(20, t)")),
    /prox is not that of value: ½‖u − x‖² \+ 0\.1 r\(u\) is .* at prox\(x, 0\.1\), and .* elsewhere; correct one of the two$/,
  );
  await refuses(
    () => opened(SQUARES.replace("tf.div(x,", "tf.sum(x) && tf.div(tf.sum(x, 1),")),
    /prox should return \[4, 8, 8\], returned/,
  );
});

test("a dual norm that FISTA could not rest on is refused in one line", async () => {
  const DUAL = "tf.max(tf.reshape(tf.abs(v), [v.shape[0], -1]), 1)";
  const opened = async (text: string) => openPenalty(await write(`${Math.random()}.mjs`, text), shape);
  const withDual = (dual: string) => opened(SIZES.replace(DUAL, dual));
  assert.is((await withDual(DUAL)).name, "sizes of 8,8");
  const small = /dualNorm: too small: ⟨u, x⟩ is \d+\.\d+, r\(u\) r°\(x\) \d+\.\d+; correct it or leave it out$/;
  await refuses(() => withDual(DUAL.replace("max", "mean")), small);
  await refuses(() => withDual("tf.zeros([v.shape[0]])"), small);
  await refuses(
    () => withDual(`tf.mul(0.99, ${DUAL})`),
    /dualNorm: too small: prox\(x, t\) is not 0 at t = 1\.001 r°\(x\), r°\(x\) \d+\.\d+; correct it/,
  );
  await refuses(
    () => withDual(DUAL.replace("max", "sum")),
    /dualNorm: too large: prox\(x, t\) is 0 at t = r°\(x\)\/2, r°\(x\) \d+\.\d+; correct it/,
  );
  await refuses(() => withDual("tf.abs(v)"), /dualNorm should return \[4\], returned \[4, 8, 8\]; the first axis is/);
  await refuses(
    () => opened(SQUARES.replace("});", "  dualNorm: (v) => tf.max(tf.reshape(tf.abs(v), [v.shape[0], -1]), 1),\n});")),
    /dualNorm: r is no norm: r\(2x\) is \d+\.\d+, r\(x\) \d+\.\d+; correct it or leave it out/,
  );
});

test.run();
