/** Resizing along one axis, as tfjs defines it: from which input pixels an output pixel is computed, and with what weights. */

export interface ResizeOptions {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  /** Give the matrix of the gradient instead. */
  readonly transposed?: boolean;
}

/** A matrix [out, in] that resizes a line of pixels. */
export interface Weights {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

/** Input position of output pixel i. */
function position(i: number, size: number, out: number, { alignCorners, halfPixelCenters }: ResizeOptions): number {
  const scale = alignCorners && out > 1 ? (size - 1) / (out - 1) : size / out;
  return halfPixelCenters ? scale * (i + 0.5) : scale * i;
}

export function nearestRows(size: number, out: number, options: ResizeOptions): Int32Array {
  const round = options.alignCorners ? Math.round : Math.floor;
  return Int32Array.from({ length: out }, (_, i) => Math.min(size - 1, round(position(i, size, out, options))));
}

export function nearestWeights(size: number, out: number, options: ResizeOptions): Weights {
  const rows = nearestRows(size, out, options);
  return matrix(size, out, options, (i) => [[rows[i]!, 1]]);
}

export function bilinearWeights(size: number, out: number, options: ResizeOptions): Weights {
  return matrix(size, out, options, (i) => {
    const at = position(i, size, out, options) - (options.halfPixelCenters ? 0.5 : 0);
    const low = Math.max(0, Math.floor(at));
    const high = Math.max(0, Math.min(size - 1, Math.ceil(at)));
    return [
      [low, 1 - (at - low)],
      [high, at - low],
    ];
  });
}

function matrix(
  size: number,
  out: number,
  { transposed = false }: ResizeOptions,
  taps: (i: number) => readonly (readonly [number, number])[],
): Weights {
  const data = new Float32Array(out * size);
  for (let i = 0; i < out; i++) {
    for (const [j, weight] of taps(i)) data[transposed ? j * out + i : i * size + j]! += weight;
  }
  return { data, shape: transposed ? [size, out] : [out, size] };
}
