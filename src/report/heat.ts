import type { Picture } from "./picture.ts";

/** Colours from 0 (black) through red to 1 (pale yellow), evenly spaced on matplotlib's colour map "inferno". */
export const stops = [
  [0, 0, 4],
  [40, 11, 84],
  [101, 21, 110],
  [159, 42, 99],
  [212, 72, 66],
  [245, 125, 21],
  [250, 193, 39],
  [252, 255, 164],
] as const;

/** Values as colours, row by row: 0 is black, `most` and above are pale yellow. */
export function heatPicture(values: ArrayLike<number>, width: number, height: number, most: number): Picture {
  const pixels = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const at = (stops.length - 1) * Math.min(1, Math.max(0, values[i]! / most || 0));
    const below = Math.min(stops.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) {
      const [from, to] = [stops[below]![c]!, stops[below + 1]![c]!];
      pixels[3 * i + c] = Math.round(from + (at - below) * (to - from));
    }
  }
  return { width, height, channels: 3, pixels };
}
