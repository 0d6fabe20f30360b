import type { ComparisonTable } from "../../compare/compare.ts";
import { average } from "../../compare/summary.ts";
import { families } from "../families.ts";
import { type Named, STYLES } from "../legend.ts";
import type { Level } from "../plot.ts";
import { type ReportFigure, withFileNames } from "../report-figure.ts";
import { rowGroups } from "../results.ts";
import { calibrationFigure } from "./calibration.ts";
import { curveFigure, errorCurve, ssimCurve } from "./curves.ts";
import { histogramFigure } from "./histogram.ts";
import { singlesFigure } from "./singles.ts";

/** The figures of a report, in its order. */
export interface ReportFigures {
  /** Curves of every sweep, errors of the other problems, calibration. */
  readonly main: readonly ReportFigure[];
  /** How the errors of the signals scatter, one for each problem. */
  readonly histograms: readonly ReportFigure[];
}

export function reportFigures(table: ComparisonTable): ReportFigures {
  const series = table.methods.map((name, i): Named => ({ name, style: i % STYLES })); // with more methods they repeat
  const { sweeps, single } = families(table);
  const levels: Level[] = Object.entries(table.representation ?? {}).map(([name, errors]) => ({
    ...series.find((one) => one.name === name)!,
    ...{ name: `nearest G(z), ${name.replace(/,.*/, "")}`, y: average(errors) },
  }));
  const main = [
    ...sweeps.map((sweep) => curveFigure(sweep, errorCurve, series, levels)),
    singlesFigure(single, series),
    ...sweeps.map((sweep) => curveFigure(sweep, ssimCurve, series, [])),
    calibrationFigure(table, series),
  ];
  const known = main.filter((one) => one !== undefined);
  const histograms = rowGroups(table).flatMap((group) => histogramFigure(group, series) ?? []);
  const named = withFileNames([...known, ...histograms]);
  return { main: named.slice(0, known.length), histograms: named.slice(known.length) };
}
