import type { NdArray } from "ndarray";
import { parseOperator } from "../../../operators/registry.ts";
import type { MixturePrior } from "../../../priors/prior.ts";
import { stream } from "../../../src/data/random.ts";
import { measure } from "../../../src/measure/index.ts";
import { recover } from "../../../src/solve/index.ts";

/** Noise of the measurements that images are recovered from. */
const SIGMA = 0.01;

/** Mean squared error a pixel of every image in every draw of Φ and the noise, [draws · images]: Gaussian measurements, estimates in [0, 1]. */
export async function errorsOf(
  prior: MixturePrior,
  images: NdArray<Float32Array>,
  m: number,
  { draws, seed, signal }: { readonly draws: number; readonly seed: number; readonly signal: AbortSignal },
): Promise<number[]> {
  const [count, ...shape] = images.shape as [number, ...number[]];
  const n = images.size / count;
  const errors: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const operator = parseOperator(`gaussian:m=${m}`, shape, seed + draw);
    const { y, noise } = await measure(images, operator, { noise: SIGMA, seed: seed + draw });
    const { estimate } = await recover({ operator, y, noise, range: [0, 1] }, prior, { signal });
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let at = i * n; at < (i + 1) * n; at++) sum += (estimate.data[at]! - images.data[at]!) ** 2;
      errors.push(sum / n);
    }
  }
  return errors;
}

export interface Ratio {
  readonly ratio: number;
  /** 95 % interval: images are drawn again (bootstrap, 2000 times), each with all its draws. */
  readonly interval: readonly [number, number];
}

/** The mean of some errors over that of others, of the same images and draws. */
export function ratioOf(errors: readonly number[], others: readonly number[], images: number): Ratio {
  const perImage = (all: readonly number[]) => {
    const out = new Float64Array(images);
    for (const [at, v] of all.entries()) out[at % images]! += v;
    return out;
  };
  const [own, whole] = [perImage(errors), perImage(others)];
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  const random = stream(1, "ambient bootstrap");
  const drawn = Float64Array.from({ length: 2000 }, () => {
    let [a, b] = [0, 0];
    for (let i = 0; i < images; i++) {
      const at = random.integer(images);
      a += own[at]!;
      b += whole[at]!;
    }
    return a / b;
  }).sort();
  return { ratio: sum(own) / sum(whole), interval: [drawn[49]!, drawn[1949]!] };
}
