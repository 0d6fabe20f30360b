import ndarray, { type NdArray } from "ndarray";
import { stream } from "../../src/data/index.ts";

/** Height and width of the images. */
export const [H, W] = [9, 11];

/** A smooth stroke: brightness exp(−t²/2w²) of the distance t in columns from an axis that leans, over most rows. */
export function stroke(slant: number, width: number, shift = 0): Float64Array {
  return Float64Array.from({ length: H * W }, (_, at) => {
    const [y, x] = [Math.floor(at / W) - (H - 1) / 2, (at % W) - (W - 1) / 2];
    return Math.exp(-((x - shift - slant * y) ** 2) / (2 * width * width)) * (Math.abs(y) < H / 2 - 1 ? 1 : 0);
  });
}

/** Strokes that lean and are wide by chance. */
export function strokes(rows: number, leaning = 0.4, seed = 4): NdArray<Float32Array> {
  const random = stream(seed, "strokes");
  const data = new Float32Array(rows * H * W);
  for (let i = 0; i < rows; i++) {
    const own = stroke(leaning * (2 * random.uniform() - 1), 0.8 + 0.9 * random.uniform(), random.normal() / 2);
    data.set(own, i * H * W);
  }
  return ndarray(data, [rows, H, W]);
}
