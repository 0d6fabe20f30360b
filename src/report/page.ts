import type { SketchData } from "../../priors/facts.ts";
import type { ComparisonTable } from "../compare/compare.ts";
import { average } from "../compare/summary.ts";
import { escapeHtml } from "../data/escape.ts";
import { counted } from "../data/text.ts";
import { crossingsTable } from "./crossings-table.ts";
import { type ReportFigures, reportFigures } from "./figures/index.ts";
import { panels } from "./panels.ts";
import type { ReportFigure } from "./report-figure.ts";
import { fullTable, summaryTable } from "./results.ts";
import { reportScript } from "./script.ts";
import { plotStylesheet, stylesheet } from "./style.ts";
import { fixed, noiseText } from "./table.ts";

/** The texts of a report besides the numbers. */
export interface ReportAbout {
  readonly title: string;
  /** What was done; each paragraph has a few sentences. */
  readonly paragraphs: readonly string[];
  /** Settings worth keeping: data, sketch size, prior, seeds. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** The command lines that make this report again. */
  readonly commands?: readonly string[];
  /** Versions of the program and of what it runs on. */
  readonly versions?: Readonly<Record<string, string>>;
  /** The sketches that methods were learned from, by method, with their sizes: for report.json. */
  readonly sketches?: Readonly<Record<string, SketchData>>;
}

/** One self-contained HTML page: no reference to anything outside it, a script that only sorts, enlarges and saves. */
export async function reportPage(
  table: ComparisonTable,
  about: ReportAbout,
  { main, histograms }: ReportFigures = reportFigures(table),
): Promise<string> {
  const count = table.truth.shape[0]!;
  const draws = table.rows[0]?.draws ?? 1;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(about.title)}</title>
<style id=plots>${plotStylesheet}</style>
<style>${stylesheet(table.truth.shape[2] ?? 28)}</style>
</head>
<body>
<h1>${escapeHtml(about.title)}</h1>
${about.paragraphs.map((p) => `<p>${escapeHtml(p)}</p>`).join("\n")}
<h2>Results</h2>
${summaryTable(table)}
<p class=soft><small>Error: mean squared error per pixel, mean over ${counted(count, "signal")}, with its 95 % confidence interval
(bootstrap over ${draws === 1 ? "signals, for one draw of each operator and its noise" : `signals and ${draws} draws of each operator and its noise`}). PSNR: mean over the signals, peak 1.
${representedText(table)}Bold: smallest error of the operator. ≈: the paired difference from the best could be chance (95 %).</small></p>
<div class=plots>${main.map(figureBlock).join("\n")}</div>
${crossingsTable(table)}
<details><summary>All numbers</summary>${fullTable(table)}
<p class=soft><small>error − ${escapeHtml(table.methods[0] ?? "")}: mean paired difference with its 95 % interval; positive means a larger error.
p: Wilcoxon's signed-rank test of the paired errors${draws === 1 ? "" : ", each signal's mean over the draws,"} against the same method, two-sided; p, Holm: with
Holm's correction for all tests of this table. SSIM: structural similarity, peak 1. relative: ‖x̂ − x‖/‖x‖. residual: root mean square of
y − Φ(x̂), of the truth about σ. MB: the largest memory of the whole process meanwhile. Press a column's head to sort.
in 50 / 90 / 99 %: how many percent of the true numbers lie inside those intervals of the posterior, for methods that know it;
numbers that are known exactly, such as black borders, are not counted.
σ raised: the method needs some noise and took this for smaller ones; clipped: so many estimates had to be clipped to the range.
${warningsOf(table)}Seconds: ${count === 1 ? "one signal" : `all ${count} signals`}${draws === 1 ? "" : " and draws"} together. The same numbers, with the error of every signal: report.json, report.csv.</small></p></details>
<details><summary>Errors of every signal</summary><div class=plots>${histograms.map(figureBlock).join("\n")}</div></details>
<h2>Recovered signals</h2>
<p class=soft><small>${draws === 1 ? "" : "Pictures are of the first draw. "}Under each estimate its mean squared error per pixel, the smallest of the line in bold. Grey levels run from 0 (black)
to 1 (white). Errors |x̂ − x| and standard deviations of one panel share a scale. Press a picture to enlarge it; arrow keys go on. Φ′y, the back-projection of the measurements, is stretched to its own range where it leaves [0, 1] by far.</small></p>
${await panels(table)}
<h2>Settings</h2>
${(about.commands ?? []).map((line) => `<pre class=command><code>${escapeHtml(line)}</code></pre>`).join("\n")}
${factsTable(about.facts)}
${about.versions ? `<h3>Versions</h3>${factsTable(about.versions)}` : ""}
<script>${await reportScript()}</script>
</body>
</html>
`;
}

/** The mean representation errors of the generators, where they are known. */
const representedText = ({ representation = {} }: ComparisonTable): string =>
  Object.entries(representation)
    .map(
      ([name, errors]) =>
        `The nearest G(z) that descent finds for ${escapeHtml(name)} has the error ${fixed(average(errors))}. `,
    )
    .join("");

function factsTable(facts: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(facts).map(
    ([name, value]) => `<tr><th scope=row>${escapeHtml(name)}</th><td>${escapeHtml(String(value))}</td></tr>`,
  );
  return `<div class=wide><table class=facts><tbody>${lines.join("\n")}</tbody></table></div>`;
}

/** The warnings of all rows, one per line. */
const warningsOf = ({ rows }: ComparisonTable): string =>
  rows
    .flatMap((row) => row.warnings.map((text) => `${row.operator}, noise ${noiseText(row)}, ${row.method}: ${text}.`))
    .map((line) => `${escapeHtml(line)}<br>`)
    .join("\n");

/** A figure with its numbers, from which the page's script makes files. */
function figureBlock({ name, caption, drawing, data }: ReportFigure): string {
  const columns = Object.keys(data[0] ?? {});
  const rows = data.map((one) => columns.map((column) => one[column] ?? null));
  const json = JSON.stringify({ columns, rows }).replaceAll("<", "\\u003c");
  return `<figure data-name="${name}">${drawing}<figcaption>${escapeHtml(caption)}</figcaption><script type="application/json">${json}</script></figure>`;
}
