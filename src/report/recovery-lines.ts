import type { NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import { axes, type Frame, linearAxis } from "./axes.ts";
import { extent } from "./picture.ts";
import { leftOut, MOST_SAMPLES, type RecoveryPanel, type SizedDrawing, sampleOf, shownRows } from "./recovery-shown.ts";
import { area, dots, line, type Point, svg, text } from "./svg.ts";

const WIDTH = 640;
const HEIGHT = 190;
/** Pixels above the plots: the title and the names of the lines. */
const HEAD = 56;
/** Standard deviations to each side that hold 90 % of a Gaussian. */
const NINETY = 1.645;

/** The panel of one-dimensional signals: one plot per signal, one above the other, with a band of ±1.645 standard deviations. */
export function recoveryLines(panel: RecoveryPanel): SizedDrawing {
  const { title, estimate, deviation, samples, truth, measured } = panel;
  const length = estimate.shape[1]!;
  const rows = shownRows(estimate).shape[0]!;
  const values = (array: NdArray<Float32Array> | undefined, row: number) =>
    array && contiguous(array).subarray(row * length, (row + 1) * length);
  const known = measured?.shape.length === 2 && measured.shape[1] === length ? measured : undefined;
  const drawn = Array.from({ length: Math.min(MOST_SAMPLES, samples?.shape[1] ?? 0) }, (_, k) => sampleOf(samples!, k));
  const plots = Array.from({ length: rows }, (_, row) => {
    const mean = values(estimate, row)!;
    const half = values(deviation, row)?.map((v) => NINETY * v);
    const ends = half && [mean.map((v, i) => v - half[i]!), mean.map((v, i) => v + half[i]!)];
    const others = { truth: values(truth, row), measured: values(known, row) };
    const draws = drawn.map((array) => values(array, row)!);
    const shown = [mean, ...(ends ?? []), ...Object.values(others).filter((v) => v !== undefined), ...draws];
    const frame = frameOf(row);
    const [low, high] = extent(shown.flatMap((list) => [...list]));
    const y = linearAxis(low, high, [frame.bottom, frame.top], `signal ${row + 1}`, 5);
    const x = linearAxis(0, length - 1, [frame.left, frame.right], row === rows - 1 ? "index" : "");
    const points = (list: ArrayLike<number>): Point[] =>
      Array.from(list, (v, i): Point => [x.place(i), y.place(v)]).filter(([, at]) => Number.isFinite(at));
    return [
      ...axes(x, y, frame),
      ends ? area("s5", points(ends[0]!), points(ends[1]!)) : "",
      ...draws.map((list) => `<g style="opacity:.5">${line("s6", points(list))}</g>`),
      others.truth ? line("s1", points(others.truth)) : "",
      others.measured ? dots("s2", points(others.measured)) : "",
      line("s0", points(mean)),
    ].join("");
  });
  const names = [
    { name: "estimate", style: "s0" as const },
    ...(deviation ? [{ name: "90 % band", style: "s5" as const }] : []),
    ...(truth ? [{ name: "truth", style: "s1" as const }] : []),
    ...(known ? [{ name: "measured", style: "s2" as const }] : []),
    ...(drawn.length > 0 ? [{ name: "samples", style: "s6" as const }] : []),
  ];
  let at = 66;
  const legend = names.map(({ name, style }) => {
    const written = text([at, 42], name, { anchor: "start", style });
    at += 8 * name.length + 14;
    return written;
  });
  const parts = [
    text([66, 22], title, { anchor: "start", heavy: true }),
    text([WIDTH - 14, 22], leftOut(panel), { anchor: "end" }),
    ...legend,
    ...plots,
  ];
  return { width: WIDTH, drawing: svg(WIDTH, HEAD + rows * HEIGHT + 16, title, parts) };
}

const frameOf = (row: number): Frame => {
  const top = HEAD + row * HEIGHT;
  return {
    width: WIDTH,
    height: top + HEIGHT + 14,
    left: 66,
    right: WIDTH - 14,
    top: top + 4,
    bottom: top + HEIGHT - 34,
  };
};
