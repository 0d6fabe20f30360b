import type { LinearOperator } from "../../../operators/operator.ts";
import { fromHost, sameShape, sizeOf } from "../../data/array.ts";
import { stream } from "../../data/random.ts";
import { squaredNorm } from "../../data/vector.ts";
import { applyToRows } from "../operator-matrix.ts";

/** Whether Φx = x, by a random x. */
export async function isIdentity(operator: LinearOperator): Promise<boolean> {
  const n = sizeOf(operator.inShape);
  if (sizeOf(operator.outShape) !== n) return false;
  const probe = fromHost(stream(1, "identity probe").fillNormal(new Float32Array(n)), [1, n]);
  const measured = await applyToRows(operator, probe);
  return probe.data.every((v, i) => v === measured.data[i]);
}

/** Part of ‖Φx‖² by which Φ of a moved image may differ from Φ of the image, moved: float32 rounding of fast transforms, far above it. */
const ROUNDING = 1e-6;

/** Pixels along an axis of y from which its middle third has some to compare. */
const LEAST_SIDE = 6;

/**
 * The f of a convolution of which every f-th pixel is kept, away from the borders of an image; 1 if all are, undefined if Φ is none: for a random x on its middle third and the same f pixels further down and to
 * the right, Φ gives the same within the middle, one pixel further. Its numbers tell it also of products and of a user's operators, which have no `form`. Borders may be left out of y, by some pixels (`boundary=valid`).
 */
export async function convolutionStride(operator: LinearOperator): Promise<number | undefined> {
  const most = Math.ceil(operator.inShape[0]! / operator.outShape[0]!); // it is less where borders are left out
  for (let factor = 1; factor <= most; factor++) if (await movesBy(factor, operator)) return factor;
  return undefined;
}

/** Whether Φ of an image that is moved by `factor` pixels along each axis is Φ of the image, moved by one. */
async function movesBy(factor: number, { inShape, outShape, ...operator }: LinearOperator): Promise<boolean> {
  const [height = 0, width = 0, ...channels] = inShape;
  const [rows = 0, columns = 0, ...others] = outShape;
  const most = [Math.ceil(height / factor), Math.ceil(width / factor)] as const;
  const fits = rows <= most[0] && columns <= most[1] && sameShape(channels, others);
  if (!fits || Math.min(rows, columns) < LEAST_SIDE || 3 * factor > Math.min(height, width)) return false;
  const depth = sizeOf(channels);
  const random = stream(1, "convolution probe");
  const middle = (length: number, at: number) => at >= length / 3 && at < (2 * length) / 3;
  const place = (y: number, x: number, across: number) => (y * across + x) * depth;
  const n = sizeOf(inShape);
  const probes = new Float32Array(2 * n);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(middle(height, y) && middle(width, x))) continue;
      const [at, moved] = [place(y, x, width), n + place(y + factor, x + factor, width)];
      for (let c = 0; c < depth; c++) probes[at + c] = probes[moved + c] = random.normal();
    }
  }
  const { data } = await applyToRows({ inShape, outShape, ...operator }, fromHost(probes, [2, n]));
  const m = sizeOf(outShape);
  let difference = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (!(middle(rows, y) && middle(columns, x))) continue;
      const [at, moved] = [place(y, x, columns), m + place(y + 1, x + 1, columns)];
      for (let c = 0; c < depth; c++) difference += (data[moved + c]! - data[at + c]!) ** 2;
    }
  }
  return difference <= ROUNDING * squaredNorm(data, 0, m);
}
