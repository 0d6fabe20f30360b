import { suite } from "uvu";
import * as assert from "uvu/assert";
import { holm } from "../../src/compare/holm.ts";

const test = suite("Holm's correction");

test("the values of statsmodels 0.15.0, multipletests(p, method='holm')", () => {
  const values = [0.01, 0.02, 0.03, 0.04, 0.05, 0.0004, 0.9, 0.02, 0.6, 0.0011];
  const wanted = [0.08, 0.14, 0.15, 0.16, 0.16, 0.004, 1, 0.14, 1, 0.0099];
  for (const [i, p] of holm(values).entries()) assert.ok(Math.abs(p - wanted[i]!) < 1e-15, `${p} and ${wanted[i]}`);
});

test("one test needs no correction; none gives none", () => {
  assert.equal(holm([0.03]), [0.03]);
  assert.equal(holm([]), []);
});

test.run();
