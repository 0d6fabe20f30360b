import type { NdArray } from "ndarray";
import { psnr } from "../../../src/compare/metrics.ts";
import { squaredNorm } from "../../../src/data/vector.ts";

type Floats = NdArray<Float32Array>;
type Shift = readonly [down: number, right: number];

/** Most pixels that image and kernel may be shifted against each other. */
const MOST = 4;

export interface Pair {
  /** [h, w] */
  readonly image: Floats;
  /** [rows, columns] */
  readonly kernel: Floats;
}

/** PSNR of an image with peak 1 and ‖k̂ − k‖/‖k‖ of its kernel, at the shift by whole pixels that the image fits best at: y tells no shift from its opposite in the other. */
export function scoreOf(truth: Pair, found: Pair): { readonly psnr: number; readonly kernelError: number } {
  const shifts = Array.from({ length: (2 * MOST + 1) ** 2 }, (_, at): Shift => {
    const [down, right] = [Math.floor(at / (2 * MOST + 1)) - MOST, (at % (2 * MOST + 1)) - MOST];
    return [down, right];
  });
  const errors = shifts.map((shift) => meanSquare(truth.image, found.image, shift));
  const best = errors.indexOf(Math.min(...errors));
  const [down, right] = shifts[best]!;
  return { psnr: psnr(errors[best]!), kernelError: kernelError(truth.kernel, found.kernel, [-down, -right]) };
}

/** Mean square of x(i) − x̂(i − shift) over the pixels that are inside at every shift, so that none is chosen for what it leaves out. */
function meanSquare(truth: Floats, found: Floats, [down, right]: Shift): number {
  const [h, w] = truth.shape as [number, number];
  let [sum, count] = [0, 0];
  for (let i = MOST; i < h - MOST; i++) {
    for (let j = MOST; j < w - MOST; j++) {
      sum += (truth.data[i * w + j]! - found.data[(i - down) * w + j - right]!) ** 2;
      count++;
    }
  }
  return sum / count;
}

/** ‖k(i) − k̂(i − shift)‖/‖k‖, what is shifted in being 0. */
function kernelError(truth: Floats, found: Floats, [down, right]: Shift): number {
  const [rows, columns] = truth.shape as [number, number];
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [a, b] = [i - down, j - right];
      const inside = a >= 0 && a < rows && b >= 0 && b < columns;
      sum += (truth.data[i * columns + j]! - (inside ? found.data[a * columns + b]! : 0)) ** 2;
    }
  }
  return Math.sqrt(sum / squaredNorm(truth.data));
}
