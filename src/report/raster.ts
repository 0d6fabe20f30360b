import { FAMILY, sharpWithFont } from "../data/font.ts";
import { lightVariables } from "./style.ts";

/** Pixels of the picture per pixel of the drawing, in each direction. */
const SCALE = 2;

/**
 * An SVG file as a PNG file at twice its size. The variables of the style sheet are replaced by their values of the light mode, because
 * the rasteriser (librsvg) does not support variables.
 */
export async function pngOfSvg(svg: string): Promise<Uint8Array> {
  const sharp = await sharpWithFont();
  const plain = svg
    .replace(/var\(--(\w+)\)/g, (all, name: string) => lightVariables[name] ?? all)
    .replaceAll("system-ui", `'${FAMILY}'`);
  return sharp(Buffer.from(plain), { density: 72 * SCALE, limitInputPixels: false })
    .png()
    .toBuffer();
}
