import type { ComparisonTable } from "../compare/compare.ts";
import { tableLevels } from "../compare/coverage.ts";
import { sweptCrossings } from "./crossings-table.ts";
import { csvOf } from "./csv.ts";
import type { ReportAbout } from "./page.ts";

/** The report's numbers for programs. Values that are not finite become null in JSON. */
export const reportJson = (table: ComparisonTable, about: ReportAbout) => ({
  title: about.title,
  settings: about.facts,
  ...(about.commands && { commands: about.commands }),
  ...(about.versions && { versions: about.versions }),
  ...(about.sketches && { sketches: about.sketches }),
  signals: table.truth.shape[0]!,
  shape: table.truth.shape.slice(1),
  methods: table.methods,
  ...(table.representation && { representation: table.representation }),
  crossings: sweptCrossings(table),
  rows: table.rows,
});

/** One line for each operator and method, with numbers in full precision. */
export const reportCsv = ({ rows }: ComparisonTable): string =>
  csvOf(
    rows.map((row) => ({
      ...{ operator: row.operator, m: row.m, noise: row.noise, noise_name: row.noiseName, draws: row.draws },
      ...{ method: row.method, mse: row.mse, mse_low: row.mseInterval[0], mse_high: row.mseInterval[1] },
      ...{ mse_median: row.mseMedian, psnr: row.psnr, psnr_low: row.psnrInterval[0], psnr_high: row.psnrInterval[1] },
      ...{ psnr_of_mean: row.psnrOfMean, ssim: row.ssim, ssim_low: row.ssimInterval?.[0] },
      ...{ ssim_high: row.ssimInterval?.[1], relative_error: row.relativeError, residual: row.residual },
      ...{ wilcoxon_p: row.wilcoxon, holm_p: row.holm, seconds: row.seconds, memory_bytes: row.memory },
      ...{ lambda: row.lambda, sigma_raised_to: row.raised?.to, clipped: row.clipped ?? 0 },
      ...Object.fromEntries(tableLevels.map((level) => [`covered_${level}`, row.coverage?.[level]])),
      end: row.outcome,
    })),
  );
