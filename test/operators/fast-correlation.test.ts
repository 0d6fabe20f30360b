import { suite } from "uvu";
import * as assert from "uvu/assert";
import { directCorrelation } from "../../operators/correlation.ts";
import { fastCorrelation } from "../../operators/fast-correlation.ts";
import { apply, draw } from "./draws.ts";

const test = suite("fast correlation");

for (const [size, kernel] of [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [7, 5],
    [3, 2],
  ],
  [
    [16, 13],
    [16, 1],
  ],
  [
    [31, 40],
    [9, 40],
  ],
  [
    [53, 29],
    [12, 17],
  ],
] as const) {
  test(`the sums of the direct one, forward and adjoint: ${kernel.join("×")} in ${size.join("×")}`, async () => {
    const t = draw(3, kernel).data;
    const fast = fastCorrelation(t, kernel, size);
    const direct = directCorrelation(t, kernel);
    const out = size.map((n, i) => n - kernel[i]! + 1);
    for (const [way, shape] of [
      ["forward", size],
      ["adjoint", out],
    ] as const) {
      const x = draw(5, [2, ...shape]);
      const [ours, wanted] = [await apply(fast[way], x), await apply(direct[way], x)];
      assert.equal(ours.shape, wanted.shape);
      const scale = Math.sqrt(wanted.data.reduce((sum, v) => sum + v * v, 0) / wanted.data.length);
      // float32 sums of up to some 1000 products
      for (const [i, v] of wanted.data.entries()) assert.ok(Math.abs(v - ours.data[i]!) < 1e-5 * scale + 1e-6);
    }
  });
}

test.run();
