import type { TrainingCourse } from "../../priors/kind.ts";
import { across, frame, linearAxis, logAxis, plotted, upwards } from "./axes.ts";
import type { Figure } from "./figure.ts";
import { dots, line, type Point, text } from "./svg.ts";

/** The most points of the training loss, if validation does not determine how many steps a point averages. */
const MOST_POINTS = 200;

/** The course of a training: the loss at the frequencies held out, and means of the training loss over the steps between. */
export function trainingFigure(title: string, words: string, course: TrainingCourse): Figure {
  const { history, validation, kept } = course;
  const every =
    validation.length > 1 ? validation[1]!.step - validation[0]!.step : Math.ceil(history.length / MOST_POINTS);
  const training = means(history, every);
  const held = validation.map(({ step, loss }): Point => [step, loss]);
  const positive = [...training, ...held].map(([, loss]) => loss).filter((loss) => loss > 0);
  const logs = (positive.length > 0 ? positive : [1]).map(Math.log10);
  const low = Math.floor(logs.reduce((a, b) => Math.min(a, b)));
  const high = Math.max(low + 1, Math.ceil(logs.reduce((a, b) => Math.max(a, b))));
  const x = linearAxis(0, history.length, across(), "step");
  const y = logAxis(low, high, upwards(), "loss");
  const placed = (points: readonly Point[]): Point[] =>
    points.map(([step, loss]) => [x.place(step), loss > 0 ? y.place(loss) : frame.bottom]);
  const curve = (style: "s0" | "s1", points: readonly Point[]): string[] => [
    line(style, placed(points)),
    dots(style, placed(points)),
  ];
  const best = x.place(kept);
  const name = (row: number, style: "s0" | "s1", what: string): string =>
    text([frame.right - 4, frame.top + 16 + 18 * row], what, { style, anchor: "end" });
  return {
    title,
    words,
    drawing: plotted("loss against training steps", x, y, [
      line("axis", [
        [best, frame.bottom],
        [best, frame.top],
      ]),
      ...curve("s1", training),
      ...curve("s0", held),
      name(0, "s1", "training"),
      ...(held.length > 0 ? [name(1, "s0", "validation")] : []),
    ]),
    caption:
      `Training loss, mean over ${every} steps, and the loss at frequencies held out; the vertical line is step ${kept}, whose ` +
      "weights are kept. Both losses are unbiased: estimates at or below 0 lie on the lower edge.",
  };
}

/** Means over `every` values, each at the end of its stretch. */
const means = (values: readonly number[], every: number): Point[] =>
  Array.from({ length: Math.ceil(values.length / every) }, (_, i) => {
    const part = values.slice(i * every, (i + 1) * every);
    return [i * every + part.length, part.reduce((sum, v) => sum + v / part.length, 0)];
  });
