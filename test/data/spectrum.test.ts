import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stream } from "../../src/data/random.ts";
import { complexSpectrum, imageOfSpectrum, imageSpectrum, moduli, spectrum } from "../../src/data/spectrum.ts";

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

test("complex numbers, and images along both axes", () => {
  const [h, w] = [5, 6];
  const x = stream(2, "spectrum").fillNormal(new Float64Array(2 * h * w));
  const found = imageSpectrum(x, h, w);
  for (let at = 0; at < h * w; at++) {
    let [re, im] = [0, 0];
    for (let t = 0; t < h * w; t++) {
      const turns = (Math.floor(at / w) * Math.floor(t / w)) / h + ((at % w) * (t % w)) / w;
      const [c, s] = [Math.cos(2 * Math.PI * turns), Math.sin(2 * Math.PI * turns)];
      re += x[2 * t]! * c + x[2 * t + 1]! * s;
      im += x[2 * t + 1]! * c - x[2 * t]! * s;
    }
    assert.ok(Math.hypot(found[2 * at]! - re, found[2 * at + 1]! - im) < 1e-11);
  }
  const back = imageOfSpectrum(found, h, w);
  assert.ok(x.every((v, at) => Math.abs(back[at]! - v) < 1e-11));
  assert.equal([...complexSpectrum(Float64Array.of(2, -3))], [2, -3]);
});

test("moduli", () => {
  assert.equal([...moduli(Float64Array.of(3, 4, 0, -2))], [5, 2]);
});

test.run();
