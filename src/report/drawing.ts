import { short } from "./table.ts";

/** A colour and weight of the page's style sheet: s0, s1, … are those of series. */
export type DrawingStyle = "grid" | "axis" | "s0" | "s1";
export type Point = readonly [x: number, y: number];

/** One thing to draw, in pixels from the top left. */
export type Mark =
  | { readonly kind: "line" | "dots"; readonly style: DrawingStyle; readonly points: readonly Point[] }
  | {
      readonly kind: "text";
      /** Where its base line starts, has its middle, or ends. */
      readonly at: Point;
      readonly text: string;
      readonly anchor: "start" | "middle" | "end";
      /** Default: the colour of text. */
      readonly style?: DrawingStyle;
      /** Read from below to above; default false. */
      readonly turned?: boolean;
    };

/** A plot, before it is an SVG (svgOf) or a PNG (rasterOf). */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  readonly marks: readonly Mark[];
}

const SIZE = { width: 640, height: 400 };
const frame = { left: 78, right: 612, top: 12, bottom: 354 };

/** One axis: the position of a value, and the values that are labelled. */
export interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
  readonly label: string;
}

/** The horizontal or vertical extent of the frame, from an axis's low end to its high one. */
export const across = [frame.left, frame.right] as const;
export const upwards = [frame.bottom, frame.top] as const;

export function linearAxis(low: number, high: number, [from, to]: readonly [number, number], label: string): Axis {
  const step = [1, 2, 2.5, 5, 10]
    .map((s) => s * 10 ** Math.floor(Math.log10((high - low) / 4)))
    .find((s) => (high - low) / s <= 5)!;
  const ticks = Array.from({ length: Math.floor((high - low) / step + 1e-9) + 1 }, (_, i) => low + i * step);
  return { place: (v) => from + ((v - low) / (high - low)) * (to - from), ticks, label };
}

/** A logarithmic axis from 10^low to 10^high, labelled at powers of ten, and at 2 and 5 times them where these are few. */
export function logAxis(low: number, high: number, [from, to]: readonly [number, number], label: string): Axis {
  const digits = high - low > 3 ? [1] : [1, 2, 5];
  const ticks = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) =>
    digits.map((digit) => Number(`${digit}e${Math.floor(low) + i}`)),
  )
    .flat()
    .filter((t) => Math.log10(t) >= low - 1e-9 && Math.log10(t) <= high + 1e-9);
  return { place: (v) => from + ((Math.log10(v) - low) / (high - low)) * (to - from), ticks, label };
}

/** A plot within two axes. */
export function plotted(label: string, x: Axis, y: Axis, marks: readonly Mark[]): Drawing {
  const { left, right, top, bottom } = frame;
  return {
    ...SIZE,
    label,
    marks: [
      ...y.ticks.flatMap((t): Mark[] => [
        {
          kind: "line",
          style: "grid",
          points: [
            [left, y.place(t)],
            [right, y.place(t)],
          ],
        },
        { kind: "text", at: [left - 8, y.place(t) + 4], text: short(t, 2), anchor: "end" },
      ]),
      ...x.ticks.flatMap((t): Mark[] => [
        {
          kind: "line",
          style: "axis",
          points: [
            [x.place(t), bottom],
            [x.place(t), bottom + 5],
          ],
        },
        { kind: "text", at: [x.place(t), bottom + 20], text: short(t), anchor: "middle" },
      ]),
      {
        kind: "line",
        style: "axis",
        points: [
          [left, top],
          [left, bottom],
          [right, bottom],
        ],
      },
      { kind: "text", at: [(left + right) / 2, SIZE.height - 6], text: x.label, anchor: "middle" },
      { kind: "text", at: [16, (top + bottom) / 2], text: y.label, anchor: "middle", turned: true },
      ...marks,
    ],
  };
}
