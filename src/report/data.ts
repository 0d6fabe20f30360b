import type { ComparisonTable } from "../compare/compare.ts";
import { tableLevels } from "../compare/coverage.ts";
import type { ReportAbout } from "./page.ts";

/** The report's numbers for programs. Values that are not finite become null in JSON. */
export const reportJson = (table: ComparisonTable, about: ReportAbout) => ({
  title: about.title,
  settings: about.facts,
  ...(about.sketches && { sketches: about.sketches }),
  signals: table.truth.shape[0]!,
  shape: table.truth.shape.slice(1),
  methods: table.methods,
  rows: table.rows,
});

/** One line for each operator and method, with numbers in full precision. */
export function reportCsv(table: ComparisonTable): string {
  const head =
    "operator,m,noise,noise_name,draws,method,mse,mse_low,mse_high,mse_median,psnr,psnr_low,psnr_high,psnr_of_mean,wilcoxon_p,seconds,lambda,sigma_raised_to,clipped,covered_50,covered_90,covered_99,end";
  const lines = table.rows.map((row) =>
    [
      quote(row.operator),
      row.m,
      row.noise,
      quote(row.noiseName),
      row.draws,
      quote(row.method),
      ...[row.mse, ...row.mseInterval, row.mseMedian],
      ...[row.psnr, ...row.psnrInterval, row.psnrOfMean],
      row.wilcoxon ?? "",
      row.seconds,
      row.lambda ?? "",
      row.raised?.to ?? "",
      row.clipped ?? 0,
      ...tableLevels.map((level) => row.coverage?.[level] ?? ""),
      row.outcome,
    ].join(","),
  );
  return `${[head, ...lines].join("\n")}\n`;
}

const quote = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
