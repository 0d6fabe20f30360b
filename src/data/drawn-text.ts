import type { NdArray } from "ndarray";
import { fromHost } from "./array.ts";
import { escapeHtml } from "./escape.ts";
import { FAMILY, sharpWithFont } from "./font.ts";

/** Lines of a drawing that is high enough for them. */
const LINES = 8;
/** Least height of a line, in pixels. Smaller letters cannot be read. */
const LEAST_LINE = 9;
/** Height of the letters, as part of a line's. */
const LETTERS = 0.8;

/** A text, repeated until it fills an image [height, width]: 0 on the letters, 1 beside them, between on their edges. */
export async function drawnText(
  text: string,
  [height, width]: readonly [number, number],
): Promise<NdArray<Float32Array>> {
  const sharp = await sharpWithFont();
  const line = Math.max(LEAST_LINE, height / LINES);
  const words = `${text} `.repeat(Math.ceil((4 * (width + height)) / (line * (text.length + 1))) + 1); // letters are wider than a fifth of their height
  const rows = Array.from({ length: Math.ceil(height / line) }, (_, row) => {
    const shift = row % text.length; // so that letters do not stand in columns
    return `<text x="0" y="${(row + LETTERS) * line}">${escapeHtml(words.slice(shift))}</text>`;
  });
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>` +
    `<g font-family="${FAMILY}" font-size="${LETTERS * line}">${rows.join("")}</g></svg>`;
  const pixels = await sharp(Buffer.from(svg)).toColourspace("b-w").removeAlpha().raw().toBuffer();
  return fromHost(
    Float32Array.from(pixels, (value) => value / 255),
    [height, width],
  );
}
