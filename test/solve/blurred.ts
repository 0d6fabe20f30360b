import type { NdArray } from "ndarray";
import { convolution } from "../../operators/convolution.ts";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { apply } from "../operators/draws.ts";

type Floats = NdArray<Float32Array>;

/** y = k ∗ x + w with noise of the standard deviation sigma. */
export async function blurredBy(image: Floats, kernel: Floats, sigma: number): Promise<Floats> {
  const operator = convolution({ inShape: image.shape.slice(1), kernel });
  const { data, shape } = await apply(operator.forward, image);
  const random = stream(4, "noise");
  return fromHost(data.map((v) => v + sigma * random.normal()) as Float32Array, shape);
}

/** ‖a − b‖/‖b‖ */
export const relative = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const [error, energy] = Array.from(b).reduce(([e, n], v, i) => [e + (a[i]! - v) ** 2, n + v * v], [0, 0] as [
    number,
    number,
  ]);
  return Math.sqrt(error / energy);
};
