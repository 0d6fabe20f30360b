import { sameShape } from "../data/array.ts";
import { isPictureShape } from "./picture.ts";
import { pngOfSvg } from "./raster.ts";
import { recoveryLines } from "./recovery-lines.ts";
import { recoveryPictures } from "./recovery-pictures.ts";
import type { RecoveryPanel } from "./recovery-shown.ts";
import { svgFile } from "./svg.ts";

export type { RecoveryPanel } from "./recovery-shown.ts";

/**
 * A recovery as an SVG file. Each row shows one signal: the truth, the measurement, the estimate, its standard deviation and samples,
 * side by side. One-dimensional signals are lines with a band of 90 %. Errors (RangeError): the shapes of the arrays do not match, or
 * signals have other shapes.
 */
export async function recoverySvg(panel: RecoveryPanel): Promise<string> {
  const shape = check(panel);
  const { drawing, width } = shape.length === 1 ? recoveryLines(panel) : await recoveryPictures(panel);
  return svgFile(drawing, width);
}

/** The PNG file of `recoverySvg`, at twice its size. */
export const recoveryPanel = async (panel: RecoveryPanel): Promise<Uint8Array> => pngOfSvg(await recoverySvg(panel));

/** The shape of one signal. */
function check({ estimate, deviation, samples, truth, measured }: RecoveryPanel): readonly number[] {
  const [batch, ...shape] = estimate.shape as [number, ...number[]];
  const isLine = shape.length === 1 && shape[0]! > 1;
  if (!(batch > 0 && (isLine || isPictureShape(shape)))) {
    throw new RangeError(
      `recoveryPanel: estimate: expected [batch, h, w], [batch, h, w, 3] or [batch, n], got [${estimate.shape}]`,
    );
  }
  for (const [name, array] of Object.entries({ deviation, truth })) {
    if (array && !sameShape(array.shape, estimate.shape)) {
      throw new RangeError(
        `recoveryPanel: ${name}: expected [${estimate.shape}] like the estimate, got [${array.shape}]`,
      );
    }
  }
  if (samples && !(samples.shape[1]! > 0 && sameShape(samples.shape, [batch, samples.shape[1]!, ...shape]))) {
    throw new RangeError(`recoveryPanel: samples: expected [${[batch, "k", ...shape]}], got [${samples.shape}]`);
  }
  if (measured && measured.shape[0] !== batch) {
    throw new RangeError(`recoveryPanel: measured: expected ${batch} rows like the estimate, got [${measured.shape}]`);
  }
  return shape;
}
