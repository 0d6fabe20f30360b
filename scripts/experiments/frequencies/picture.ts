import { average } from "../../../src/compare/summary.ts";
import { type Panel, panelsPng } from "../../plots.ts";
import type { SetName } from "./sets.ts";

/** Widths of the two hidden layers of the three networks. */
export const WIDTHS = [8, 32, 128];

/** What a generator that was trained from m frequencies is worth. */
export interface Line {
  readonly set: SetName;
  readonly width: number;
  /** Numbers of the network. */
  readonly parameters: number;
  readonly m: number;
  /** Of every repeat, at fresh frequencies, against fresh points. */
  readonly mmd2: readonly number[];
  readonly error: readonly number[];
}

/** The same of real points, for the limit that no generator is expected to pass. */
export interface Real {
  readonly set: SetName;
  readonly features: number;
  /** m of `--frequencies auto`, and the degrees of freedom that it is a multiple of. */
  readonly auto: number;
  readonly freedom: number;
  readonly mmd2: number;
  readonly error: number;
}

/** For every set the MMD, and below it the error, of the three networks, in dashes that of real points. */
export function picture(sets: readonly SetName[], lines: readonly Line[], reals: readonly Real[]): Promise<Uint8Array> {
  const panel = (set: SetName, what: "mmd2" | "error", yLabel: string): Panel => {
    const real = reals.find((one) => one.set === set)!;
    return {
      title: `${set}, ${yLabel}`,
      series: WIDTHS.map((width, style) => ({
        ...{ name: `10-${width}-${width}`, style },
        points: lines
          .filter((line) => line.set === set && line.width === width)
          .map(({ m, ...line }) => ({
            ...{ x: m, y: average(line[what]) },
            ...{ low: Math.min(...line[what]), high: Math.max(...line[what]) },
          })),
      })),
      options: {
        ...{ xLabel: "frequencies m", yLabel, yAxis: "linear" as const },
        marks: [{ x: real.auto, name: "auto" }],
        levels: real[what] > 0 ? [{ name: "real points", style: 3, y: real[what] }] : [],
      },
    };
  };
  return panelsPng(
    "what a generator is worth against the frequencies of its sketch",
    [...sets.map((set) => panel(set, "mmd2", "MMD²")), ...sets.map((set) => panel(set, "error", "error of recovery"))],
    sets.length,
  );
}
