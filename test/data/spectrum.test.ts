import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stream } from "../../src/data/random.ts";
import { moduli, spectrum } from "../../src/data/spectrum.ts";

const test = suite("spectrum");

for (const n of [1, 2, 3, 8, 28, 31, 64, 100]) {
  test(`${n} numbers: the sum of the definition`, () => {
    const x = stream(1, "spectrum", n).fillNormal(new Float64Array(n));
    const found = spectrum(x);
    for (let k = 0; k < n; k++) {
      let [re, im] = [0, 0];
      for (let t = 0; t < n; t++) {
        re += x[t]! * Math.cos((2 * Math.PI * k * t) / n);
        im -= x[t]! * Math.sin((2 * Math.PI * k * t) / n);
      }
      // float64 through a few transforms of up to 256 numbers of size 1
      assert.ok(Math.hypot(found[2 * k]! - re, found[2 * k + 1]! - im) < 1e-11, `${k}`);
    }
  });
}

test("moduli", () => {
  assert.equal([...moduli(Float64Array.of(3, 4, 0, -2))], [5, 2]);
});

test.run();
