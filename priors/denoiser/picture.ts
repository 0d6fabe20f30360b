import { mirrored } from "../../operators/axes.ts";

/** A grey image, row by row. */
export interface Picture {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** The image with `margin` pixels more on every side, mirrored at its edges (b a | a b). */
export function mirroredImage({ data, height, width }: Picture, margin: number): Picture {
  const wide = width + 2 * margin;
  const out = new Float32Array((height + 2 * margin) * wide);
  const columns = Int32Array.from({ length: wide }, (_, x) => mirrored(x - margin, width));
  for (let y = 0, at = 0; y < height + 2 * margin; y++) {
    const line = mirrored(y - margin, height) * width;
    for (let x = 0; x < wide; x++) out[at++] = data[line + columns[x]!]!;
  }
  return { data: out, height: height + 2 * margin, width: wide };
}
