import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkedOptions, describeOptions, type OptionTable, parseOptions } from "../../src/data/options.ts";

const test = suite("option tables");

const table = {
  sigma: { type: "number", default: 1, description: "pixels" },
  m: { type: "integer", description: "measurements" },
  hidden: { type: "integers", default: [500, 500], description: "widths" },
  edge: { type: "choice", choices: ["zero", "reflect"], description: "outside" },
  file: { type: "text", description: "a file" },
  fast: { type: "flag", description: "quick" },
} as const satisfies OptionTable;

const defaults = { sigma: 1, m: undefined, hidden: [500, 500], edge: undefined, file: undefined, fast: false };

test("a spec and an object give the same values", () => {
  const wanted = { ...defaults, sigma: 2, m: 3, edge: "zero", file: "a/b.npy", fast: true };
  assert.equal(parseOptions("it", table, "sigma=2, m = 3,edge=zero,file=a/b.npy,fast"), wanted);
  assert.equal(checkedOptions("it", table, { sigma: 2, m: 3, edge: "zero", file: "a/b.npy", fast: true }), wanted);
  assert.equal(checkedOptions("it", table, { sigma: "2", m: "3", edge: "zero", file: "a/b.npy", fast: true }), wanted);
});

test("what is left out, or undefined, has its default", () => {
  assert.equal(parseOptions("it", table, ""), defaults);
  assert.equal(checkedOptions("it", table, { m: undefined }), defaults);
});

test("integers are an array, or joined by commas", () => {
  assert.equal(checkedOptions("it", table, { hidden: [7, 8] }).hidden, [7, 8]);
  assert.equal(checkedOptions("it", table, { hidden: "7,8" }).hidden, [7, 8]);
  assert.equal(checkedOptions("it", table, { hidden: 7 }).hidden, [7]);
});

const refused: readonly (readonly [Record<string, never> | object, RegExp])[] = [
  [{ sigm: 1 }, /^it: unknown option "sigm"; did you mean sigma\?/],
  [{ toString: 1 }, /^it: unknown option "toString"/],
  [{ sigma: Number.NaN }, /^it: sigma: expected a number \(pixels\), got NaN$/],
  [{ sigma: Number.POSITIVE_INFINITY }, /got Infinity$/],
  [{ sigma: "" }, /got no value$/],
  [{ sigma: true }, /expected a number .*got true$/],
  [{ m: 1.5 }, /^it: m: expected an integer \(measurements\), got 1\.5$/],
  [{ hidden: "7,x" }, /^it: hidden: expected integers joined by commas \(widths\), got "7,x"$/],
  [{ edge: "wrap" }, /^it: edge: expected zero or reflect, got "wrap"$/],
  [{ fast: "constructor" }, /^it: fast: expected no value, true or false, got "constructor"$/],
  [{ fast: "__proto__" }, /^it: fast: expected no value, true or false, got "__proto__"$/],
  [{ fast: 3 }, /^it: fast: expected no value, true or false, got 3$/],
];
for (const [given, message] of refused) {
  test(`${JSON.stringify(given)} is refused in one line`, () => {
    assert.throws(() => checkedOptions("it", table, given as never), message);
  });
}

test("help has a line an option, with its type and default", () => {
  const lines = describeOptions(table);
  assert.match(lines[0]!, /sigma=<number> +pixels \(default 1\)/);
  assert.match(lines[3]!, /edge=<zero\|reflect> +outside$/);
  assert.match(lines[5]!, /^ +fast +quick$/);
});

test.run();
