import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requireFinite } from "../../src/data/rows.ts";

const test = suite("rows");

test("NaN and both infinities are found at every place, and no finite number is taken for one", () => {
  const extremes = [0, -0, 1e-45, -1e-45, 1.17549435e-38, 3.4028235e38, -3.4028235e38, 1];
  for (let length = 1; length <= 9; length++) {
    const data = Float32Array.from({ length }, (_, i) => extremes[i % extremes.length]!);
    requireFinite("numbers", data, 0, length);
    for (let at = 0; at < length; at++) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const spoiled = data.slice();
        spoiled[at] = bad;
        assert.throws(
          () => requireFinite("numbers", spoiled, 10, length),
          `numbers: row ${10 + at} holds ${bad} (number 0 of the row); remove or repair such rows`,
        );
      }
    }
  }
});

test.run();
