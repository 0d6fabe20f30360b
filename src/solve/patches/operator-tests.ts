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

/**
 * Whether Φ is a convolution, away from the borders of an image: for a random x on its middle third and the same one pixel further down and to the
 * right, Φ gives the same within the middle, one pixel further. Its numbers tell it also of products and of a user's operators, which have no `form`.
 */
export async function isConvolution({ inShape, outShape, ...operator }: LinearOperator): Promise<boolean> {
  if (!sameShape(inShape, outShape)) return false;
  const [height = 0, width = 0, channels = 1] = inShape;
  const random = stream(1, "convolution probe");
  const rows = new Float32Array(2 * height * width * channels);
  const middle = (length: number, at: number) => at >= length / 3 && at < (2 * length) / 3;
  const place = (y: number, x: number, c: number) => (y * width + x) * channels + c;
  const [n, step] = [rows.length / 2, place(1, 1, 0)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels && middle(height, y) && middle(width, x); c++) {
        rows[n + step + place(y, x, c)] = rows[place(y, x, c)] = random.normal();
      }
    }
  }
  const { data } = await applyToRows({ inShape, outShape, ...operator }, fromHost(rows, [2, n]));
  let difference = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels && middle(height, y) && middle(width, x); c++) {
        difference += (data[n + step + place(y, x, c)]! - data[place(y, x, c)]!) ** 2;
      }
    }
  }
  return difference <= ROUNDING * squaredNorm(data, 0, n);
}
