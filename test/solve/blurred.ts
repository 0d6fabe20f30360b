import type { NdArray } from "ndarray";
import { convolution } from "../../operators/convolution.ts";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { channelsOf, cropped } from "../../src/solve/blind/planes.ts";
import { apply } from "../operators/draws.ts";

type Floats = NdArray<Float32Array>;

/** y = k ∗ x + w with noise of the standard deviation sigma. */
export async function blurredBy(image: Floats, kernel: Floats, sigma: number): Promise<Floats> {
  const operator = convolution({ inShape: image.shape.slice(1), kernel });
  const { data, shape } = await apply(operator.forward, image);
  const random = stream(4, "noise");
  return fromHost(data.map((v) => v + sigma * random.normal()) as Float32Array, shape);
}

/** A grey image [1, h, w] without a margin at each side: what lies outside the rest is the image's own. */
export function middleOf(image: Floats, margin: number): Floats {
  const { data, height, width } = cropped(channelsOf(image)[0]!, [margin, margin]);
  return fromHost(Float32Array.from(data), [1, height, width]);
}

/** ‖a − b‖/‖b‖ */
export const relative = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const [error, energy] = Array.from(b).reduce(([e, n], v, i) => [e + (a[i]! - v) ** 2, n + v * v], [0, 0] as [
    number,
    number,
  ]);
  return Math.sqrt(error / energy);
};
