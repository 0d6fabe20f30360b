import { fileURLToPath } from "node:url";
import { lightVariables } from "./style.ts";

/** Pixels of the picture per pixel of the drawing, in each direction. */
const SCALE = 2;
const FAMILY = "DejaVu Sans";

let loaded: Promise<typeof import("sharp").default> | undefined;

/**
 * sharp with the package's font registered. Drawing one letter registers it for the process. So a plot looks the same everywhere;
 * machines without any font, such as small containers, would draw boxes.
 */
const sharpWithFont = async () => {
  const { default: sharp } = await import("sharp");
  const fontfile = fileURLToPath(import.meta.resolve("#font"));
  await sharp({ text: { text: "x", font: FAMILY, fontfile } }).toBuffer();
  return sharp;
};

/**
 * An SVG file as a PNG file at twice its size. The variables of the style sheet are replaced by their values of the light mode, because
 * the rasteriser (librsvg) does not support variables.
 */
export async function pngOfSvg(svg: string): Promise<Uint8Array> {
  loaded ??= sharpWithFont();
  const sharp = await loaded;
  const plain = svg
    .replace(/var\(--(\w+)\)/g, (all, name: string) => lightVariables[name] ?? all)
    .replaceAll("system-ui", `'${FAMILY}'`);
  return sharp(Buffer.from(plain), { density: 72 * SCALE, limitInputPixels: false })
    .png()
    .toBuffer();
}
