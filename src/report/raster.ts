import { fileURLToPath } from "node:url";
import { lightVariables } from "./style.ts";

/** Pixels of the picture per pixel of the drawing, each way. */
const SCALE = 2;
const FAMILY = "DejaVu Sans";

let loaded: Promise<typeof import("sharp").default> | undefined;

/**
 * sharp with the package's font registered. Drawing one letter registers it for the process. Machines without any font, such as
 * small containers, would draw boxes; and so a plot looks the same everywhere.
 */
const sharpWithFont = async () => {
  const { default: sharp } = await import("sharp");
  const fontfile = fileURLToPath(import.meta.resolve("#font"));
  await sharp({ text: { text: "x", font: FAMILY, fontfile } }).toBuffer();
  return sharp;
};

/**
 * An SVG file as a PNG file at twice its size. The style sheet's variables take their values of the light page, because the
 * rasteriser (librsvg) knows no variables.
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
