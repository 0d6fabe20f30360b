import { suite } from "uvu";
import * as assert from "uvu/assert";
import { operatorNorm } from "../../operators/norms.ts";
import { requireLinear } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { tikhonov } from "../../priors/penalties/tikhonov.ts";
import { moduli, spectrum } from "../../src/data/spectrum.ts";
import { recover } from "../../src/solve/index.ts";
import { apply, difference, draw, floats } from "./draws.ts";

const test = suite("circular blur");
const n = 12;
const operator = requireLinear("test", parseOperator("blur:sigma=1.5,boundary=circular", [n], 1));

test("its norm is the largest modulus of the kernel's spectrum, on images too", async () => {
  assert.ok(Math.abs(operator.norm! - 1) < 1e-12); // the kernel is positive and sums to 1
  for (const shape of [[n], [7, 9]]) {
    const blur = requireLinear("test", parseOperator("blur:sigma=1.5,boundary=circular", shape, 1));
    const { norm: _, ...unknown } = blur;
    assert.ok(Math.abs((await operatorNorm(unknown)) / blur.norm! - 1) < 1e-4); // the power method's own tolerance
  }
});

test("it multiplies spectra, and turns with its signal", async () => {
  const impulse = floats([1, ...new Array(n - 1).fill(0)], [1, n]);
  const gains = moduli(spectrum((await apply(operator.forward, impulse)).data));
  const x = draw(1, [1, n]);
  const before = moduli(spectrum(x.data));
  const after = moduli(spectrum((await apply(operator.forward, x)).data));
  assert.ok(
    difference(
      after,
      before.map((v, k) => v * gains[k]!),
    ) < 1e-5,
  ); // float32 products
  const turned = floats([...x.data.slice(5), ...x.data.slice(0, 5)], [1, n]);
  const y = (await apply(operator.forward, x)).data;
  assert.ok(difference((await apply(operator.forward, turned)).data, [...y.slice(5), ...y.slice(0, 5)]) < 1e-6);
});

test("Tikhonov recovery is the Wiener filter H*Y/(|H|² + 2λ), computed with spectra", async () => {
  const x = draw(2, [1, n]);
  const y = await apply(operator.forward, x);
  const lambda = 0.01;
  const { estimate } = await recover({ operator, y, noise: 0.1 }, tikhonov([n]), { lambda, own: { tolerance: 1e-7 } });
  const impulse = floats([1, ...new Array(n - 1).fill(0)], [1, n]);
  const H = spectrum((await apply(operator.forward, impulse)).data); // real: the kernel is symmetric
  const Y = spectrum(y.data);
  const X = spectrum(estimate.data);
  for (let k = 0; k < n; k++) {
    const gain = H[2 * k]! / (H[2 * k]! ** 2 + 2 * lambda);
    assert.ok(Math.abs(X[2 * k]! - gain * Y[2 * k]!) < 1e-3, `${k}`); // up to 10 times the rounding of y in float32, and CG's residual
    assert.ok(Math.abs(X[2 * k + 1]! - gain * Y[2 * k + 1]!) < 1e-3, `${k}`);
  }
});

test.run();
