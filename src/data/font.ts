import { fileURLToPath } from "node:url";
import { once } from "./once.ts";

/** The name of the package's font in drawings. */
export const FAMILY = "DejaVu Sans";

/**
 * sharp with the package's font registered. Drawing one letter registers it for the process. So what is drawn looks the same everywhere;
 * machines without any font, such as small containers, would draw boxes.
 */
export const sharpWithFont = once(async () => {
  const { default: sharp } = await import("sharp");
  const fontfile = fileURLToPath(import.meta.resolve("#font"));
  await sharp({ text: { text: "x", font: FAMILY, fontfile } }).toBuffer();
  return sharp;
});
