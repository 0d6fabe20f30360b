import { line, type Point, svg, text } from "./svg.ts";

/** The position of a plot's axes, in pixels from the top left of a drawing. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The frame of a figure in a file of its own. */
export const frame: Frame = { width: 640, height: 400, left: 78, right: 612, top: 12, bottom: 354 };

/** One axis: `place` gives the position of a value; the ticks are the labelled values. */
export interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
  readonly label: string;
}

type Extent = readonly [low: number, high: number];

/** The horizontal or vertical extent of a frame, from an axis's low end to its high one. */
export const across = ({ left, right }: Frame = frame): Extent => [left, right];
export const upwards = ({ top, bottom }: Frame = frame): Extent => [bottom, top];

/** An axis from low to high, labelled at no more than `most` round numbers. */
export function linearAxis(low: number, high: number, [from, to]: Extent, label: string, most = 6): Axis {
  const power = 10 ** Math.floor(Math.log10((high - low) / (most - 1)));
  const step = [1, 2, 2.5, 5, 10].map((s) => s * power).find((s) => (high - low) / s <= most - 1 + 1e-9)!;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  const ticks = Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { place: (v) => from + ((v - low) / (high - low)) * (to - from), ticks, label };
}

/** A logarithmic axis from 10^low to 10^high, labelled at powers of ten. If these are few, also at 2 and 5 times them. */
export function logAxis(low: number, high: number, [from, to]: Extent, label: string): Axis {
  const multiples = high - low > 3 ? [1] : [1, 2, 5];
  const ticks = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) =>
    multiples.map((digit) => Number(`${digit}e${Math.floor(low) + i}`)),
  )
    .flat()
    .filter((t) => Math.log10(t) >= low - 1e-9 && Math.log10(t) <= high + 1e-9);
  return { place: (v) => from + ((Math.log10(v) - low) / (high - low)) * (to - from), ticks, label };
}

/** A tick's number in few characters and with all its digits: 0.02, 250000, 2.5·10⁶, 10⁻⁵. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e6)) return String(Number(value.toPrecision(12))).replace("-", "−");
  const [mantissa, exponent] = Number(value.toPrecision(12)).toExponential().split("e") as [string, string];
  const raised = [...exponent.replace("+", "")].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]!)).join("");
  const times = mantissa === "1" ? "" : mantissa === "-1" ? "-" : `${mantissa}·`;
  return `${times}10${raised}`.replace("-", "−");
}

/** The two axes with their ticks, and a horizontal line at each tick of the vertical axis. */
export function axes(x: Axis, y: Axis, { left, right, top, bottom, height }: Frame = frame): string[] {
  const corner: Point[] = [
    [left, top],
    [left, bottom],
    [right, bottom],
  ];
  return [
    ...y.ticks.flatMap((t) => [
      line("grid", [
        [left, y.place(t)],
        [right, y.place(t)],
      ]),
      text([left - 8, y.place(t) + 4], tickText(t), { anchor: "end" }),
    ]),
    ...x.ticks.map((t) =>
      line("axis", [
        [x.place(t), bottom],
        [x.place(t), bottom + 5],
      ]),
    ),
    ...withoutOverlap(x.ticks, x.place).map((t) => text([x.place(t), bottom + 20], tickText(t))),
    line("axis", corner),
    text([(left + right) / 2, height - 6], x.label),
    text([16, (top + bottom) / 2], y.label, { turned: true }),
  ];
}

/** A plot within two axes. */
export const plotted = (label: string, x: Axis, y: Axis, parts: readonly string[]): string =>
  svg(frame.width, frame.height, label, [...axes(x, y), ...parts]);

/** Approximate width of a letter, and the least room between labels. */
const [LETTER, ROOM] = [8, 10];

/** The values whose labels do not overlap the label before. */
export function withoutOverlap(values: readonly number[], place: Axis["place"]): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return values.filter((value) => {
    const half = (LETTER * tickText(value).length) / 2;
    if (place(value) - half < last + ROOM) return false;
    last = place(value) + half;
    return true;
  });
}
