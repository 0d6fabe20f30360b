import { add, identity, lusolve, type Matrix, multiply as product, transpose } from "mathjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tikhonov } from "../../../priors/penalties/tikhonov.ts";
import { difference } from "../../operators/draws.ts";
import { matrixOf, measured, operators, shape, signalOf, transposeMultiply, withPenalty } from "../problems.ts";

const test = suite("conjugate gradients");

for (const operator of operators) {
  test(`${operator.name}: agrees with a dense solve of (A'A + 2λI)x = A'y, for every λ of the batch`, async () => {
    const y = await measured(operator);
    const lambda = [1e-3, 0.05, 2];
    const found = await withPenalty(operator, tikhonov(shape), y, { lambda });
    assert.equal(found.outcomes, ["converged", "converged", "converged"]);
    const a = await matrixOf(operator);
    for (const [i, weight] of lambda.entries()) {
      const normal = add(product(transpose(a), a), product(2 * weight, identity(64) as Matrix)) as Matrix;
      const b = transposeMultiply(a, signalOf(y, i));
      const exact = (lusolve(normal, b).valueOf() as number[][]).map(([v]) => v!);
      // residual 1e-5 of the right side, times a condition number of up to ‖A‖²/2λ
      assert.ok(difference(signalOf(found.estimate, i), exact) < 1e-3);
    }
  });
}

test("small λ tends to the solution of least norm, which meets the measurements", async () => {
  const operator = operators[0]!;
  const y = await measured(operator, 0);
  const { estimate } = await withPenalty(operator, tikhonov(shape), y, { lambda: 1e-6 });
  const a = await matrixOf(operator);
  const gram = product(a, transpose(a));
  for (const i of [0, 1, 2]) {
    const weights = (lusolve(gram, signalOf(y, i)).valueOf() as number[][]).map(([v]) => v!);
    assert.ok(difference(signalOf(estimate, i), transposeMultiply(a, weights)) < 1e-3);
  }
});

test.run();
