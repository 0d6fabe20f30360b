import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { blur } from "../../../operators/blur.ts";
import { identity } from "../../../operators/identity.ts";
import { type LinearOperator, linearOperator } from "../../../operators/operator.ts";
import { parsePenalty } from "../../../priors/registry.ts";
import { readArray } from "../../../src/data/read-array.ts";
import { recover } from "../../../src/solve/index.ts";
import { floats } from "../../operators/draws.ts";

const test = suite("total variation beside scikit-image and PyProximal");
const inShape = [24, 20];

/** test/fixtures/penalties/peers.py says what these are. */
const fixture = async (name: string): Promise<Float32Array> =>
  (await readArray(path.resolve(import.meta.dirname, `../../fixtures/penalties/${name}.npy`))).data as Float32Array;

const psnr = (x: Float32Array, truth: Float32Array) =>
  -10 * Math.log10(x.reduce((sum, v, i) => sum + (v - truth[i]!) ** 2, 0) / x.length);

const keep = await fixture("inpaint-keep");
const kept = (x: tf.Tensor) => tf.mul(x, tf.tensor(keep, [1, ...inShape]));
const operators: { readonly [problem: string]: LinearOperator } = {
  denoise: identity({ inShape }),
  deblur: blur({ inShape, sigma: 1.2 }),
  inpaint: linearOperator({ name: "kept", inShape, outShape: inShape, norm: 1, forward: kept, adjoint: kept }),
};

for (const [file, spec, lambda] of [
  ["denoise-skimage", "tv", 0.1],
  ["denoise-pyproximal", "tv", 0.1],
  ["denoise-anisotropic-pyproximal", "tv:anisotropic", 0.1],
  ["inpaint-pyproximal", "tv", 0.01],
  ["deblur-pyproximal", "tv", 0.01],
] as const) {
  test(`${file}: the same image, and its PSNR within 0.01 dB`, async () => {
    const problem = file.split("-")[0]!;
    const [y, peer, scene] = await Promise.all([`${problem}-y`, file, "scene"].map(fixture));
    const given = { operator: operators[problem]!, y: floats([...y!], [1, ...inShape]), noise: 0.02 };
    const { estimate, outcomes } = await recover(given, parsePenalty(spec, inShape), {
      ...{ lambda, own: { tolerance: problem === "denoise" ? 1e-5 : 1e-4, steps: 500 } },
    });
    assert.equal(outcomes, ["converged"]);
    const ours = estimate.data;
    assert.ok(Math.abs(psnr(ours, scene!) - psnr(peer!, scene!)) < 0.01);
    // ½‖x − x̂‖² is at most the gap of 1e-5 of an objective below 10, where Φ is the identity; else Φ does not see all of x
    const most = ours.reduce((max, v, i) => Math.max(max, Math.abs(v - peer![i]!)), 0);
    assert.ok(most < (problem === "denoise" ? 2e-3 : 2e-2), `${most}`);
  });
}

test.run();
