import type { SketchData } from "../../priors/facts.ts";
import type { ComparisonTable } from "../compare/compare.ts";
import { escapeHtml } from "../data/escape.ts";
import { panels } from "./panels.ts";
import { type DotGroup, dotPlot, legendMarker, linePlot } from "./plot.ts";
import { fullTable, type RowGroup, rowGroups, summaryTable } from "./results.ts";
import { stylesheet } from "./style.ts";
import { noiseText } from "./table.ts";

/** The texts of a report besides the numbers. */
export interface ReportAbout {
  readonly title: string;
  /** What was done; each paragraph has a few sentences. */
  readonly paragraphs: readonly string[];
  /** Settings worth keeping: data, sketch size, prior, seeds, versions. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** The sketches that methods were learned from, by method, with their sizes: for report.json. */
  readonly sketches?: Readonly<Record<string, SketchData>>;
}

const STYLES = 8;

/** One self-contained HTML page: no script, no reference to anything outside it. */
export async function reportPage(table: ComparisonTable, about: ReportAbout): Promise<string> {
  const count = table.truth.shape[0]!;
  const draws = table.rows[0]?.draws ?? 1;
  const facts = Object.entries(about.facts).map(
    ([name, value]) => `<tr><th scope=row>${escapeHtml(name)}</th><td>${escapeHtml(String(value))}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(about.title)}</title>
<style>${stylesheet(table.truth.shape[2] ?? 28)}</style>
</head>
<body>
<h1>${escapeHtml(about.title)}</h1>
${about.paragraphs.map((p) => `<p>${escapeHtml(p)}</p>`).join("\n")}
<h2>Results</h2>
${summaryTable(table)}
<p class=soft><small>Error: mean squared error per pixel, mean over ${count} signals, with its 95 % confidence interval
(bootstrap over ${draws === 1 ? "signals, for one draw of each operator and its noise" : `signals and ${draws} draws of each operator and its noise`}). PSNR: mean over the signals, peak 1.
Bold: smallest error of the operator. ≈: the paired difference from the best could be chance (95 %).</small></p>
${plots(table)}
<details><summary>All numbers</summary>${fullTable(table)}
<p class=soft><small>error − ${escapeHtml(table.methods[0] ?? "")}: mean paired difference with its 95 % interval; positive means a larger error.
p: Wilcoxon's signed-rank test of the paired errors${draws === 1 ? "" : ", each signal's mean over the draws,"} against the same method, two-sided.
in 50 / 90 / 99 %: how many percent of the true numbers lie inside those intervals of the posterior, for methods that know it;
numbers that are known exactly, such as black borders, are not counted.
σ raised: the method needs some noise and took this for smaller ones; clipped: so many estimates had to be clipped to the range.
${warningsOf(table)}Seconds: all ${count} signals${draws === 1 ? "" : " and draws"} together. The same numbers, with the error of every signal: report.json, report.csv.</small></p></details>
<h2>Recovered signals</h2>
<p class=soft><small>${draws === 1 ? "" : "Pictures are of the first draw. "}Under each estimate its mean squared error per pixel, the smallest of the line in bold. Grey levels run from 0 (black)
to 1 (white). Φ′y, the back-projection of the measurements, is stretched to its own range where it leaves [0, 1] by far.</small></p>
${await panels(table)}
<h2>Settings</h2>
<div class=wide><table class=facts><tbody>${facts.join("\n")}</tbody></table></div>
</body>
</html>
`;
}

/** The warnings of all rows, one per line. */
const warningsOf = ({ rows }: ComparisonTable): string =>
  rows
    .flatMap((row) => row.warnings.map((text) => `${row.operator}, noise ${noiseText(row)}, ${row.method}: ${text}.`))
    .map((line) => `${escapeHtml(line)}<br>`)
    .join("\n");

/** Plots of the error against m for operators that were measured at several m; dots for the others. */
function plots(table: ComparisonTable): string {
  const families = new Map<string, RowGroup[]>();
  for (const group of rowGroups(table)) {
    const family = `${group.operator.replace(/\d+(\.\d+)?/g, "#")} ${group.noiseName}`;
    families.set(family, [...(families.get(family) ?? []), group]);
  }
  const swept = [...families.values()].filter((groups) => new Set(groups.map((g) => g.m)).size > 1);
  const single = [...families.values()].filter((groups) => !swept.includes(groups)).flat();
  const figures = [
    ...swept.map((groups) => sweepPlot(table, groups)),
    ...(single.length > 0 ? [singles(table, single)] : []),
  ];
  const legend = table.methods.map((name, i) => `<li>${legendMarker(i % STYLES)}${escapeHtml(name)}</li>`);
  return `<ul class=legend>${legend.join("")}</ul><div class=plots>${figures.join("\n")}</div>`;
}

const ERROR = "mean squared error per pixel";

function sweepPlot(table: ComparisonTable, groups: readonly RowGroup[]): string {
  const family = groups[0]!.operator.replace(/\(.*/, "");
  const series = table.methods.map((name, i) => ({
    name,
    style: i % STYLES,
    points: groups
      .flatMap((g) => g.rows.filter((r) => r.method === name))
      .map((r) => ({ x: r.m, y: r.mse, low: r.mseInterval[0], high: r.mseInterval[1] }))
      .sort((a, b) => a.x - b.x),
  }));
  const label = `${family}: error against the number of measurements`;
  const plot = linePlot(series, { label, xLabel: "measurements m", yLabel: ERROR });
  return `<figure>${plot}<figcaption>${escapeHtml(family)}, noise ${escapeHtml(noiseText(groups[0]!))}: error against m; whiskers: 95 % interval of the mean.</figcaption></figure>`;
}

function singles(table: ComparisonTable, groups: readonly RowGroup[]): string {
  const dots: DotGroup[] = groups.map((group) => ({
    title: `${group.operator}, m = ${group.m}, noise ${noiseText(group)}`,
    dots: group.rows.map((row) => ({
      ...{ name: row.method, style: table.methods.indexOf(row.method) % STYLES },
      ...{ y: row.mse, low: row.mseInterval[0], high: row.mseInterval[1] },
    })),
  }));
  const plot = dotPlot(dots, { label: "error by operator and method", xLabel: ERROR });
  return `<figure>${plot}<figcaption>Operators with one m: error with its 95 % interval.</figcaption></figure>`;
}
