import type { ComparisonTable } from "../compare/compare.ts";
import { type Coverage, tableLevels } from "../compare/coverage.ts";

/** A number in few characters: 4 significant digits, no exponent between 1e-4 and 1e6; – if there is no number. */
export function short(value: number | undefined, digits = 4): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(Math.max(0, digits - 2));
  return String(Number(value.toPrecision(digits)));
}

export interface TextColumn {
  readonly title: string;
  /** Default: left. */
  readonly align?: "left" | "right";
}

/** Text in columns: header, rule, rows. There are two spaces between columns and none at line ends. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) => Math.max(column.title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? "";
        return align === "right" ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map((c) => c.title)), widths.map((w) => "-".repeat(w)).join("  "), ...rows.map(line)].join("\n");
}

/** The rows with the smallest error of their operator and noise; all of them if they tie exactly. */
export function bestRows(table: ComparisonTable): Set<ComparisonTable["rows"][number]> {
  const best = new Map<string, number>();
  for (const { operator, noiseName, mse } of table.rows) {
    const key = `${operator} ${noiseName}`;
    best.set(key, Math.min(best.get(key) ?? Number.POSITIVE_INFINITY, mse));
  }
  return new Set(table.rows.filter((row) => row.mse === best.get(`${row.operator} ${row.noiseName}`)));
}

/**
 * The comparison for a terminal: one line for each operator and method, with `*` at each operator's smallest error. p: Wilcoxon's test of
 * the errors against the first method's, with Holm's correction. relative: ‖x̂ − x‖/‖x‖. residual: root mean square of y − Φ(x̂). MB: the
 * largest memory of the process. in 50/90/99 %: the percentage of the true numbers inside these intervals. end: how the signals
 * ended; σ if the method raised it to its floor; how many estimates had to be clipped to the range.
 */
export function comparisonText(table: ComparisonTable): string {
  const best = bestRows(table);
  let previous: string | undefined;
  const rows = table.rows.map((row) => {
    const setting = `${row.operator} ${row.noiseName}`;
    const repeated = setting === previous;
    previous = setting;
    return [
      repeated ? "" : row.operator,
      repeated ? "" : String(row.m),
      repeated ? "" : noiseText(row),
      row.method,
      fixed(row.mse) + (best.has(row) ? "*" : " "),
      `[${row.mseInterval.map(fixed).join(", ")}]`,
      pValue(row.holm),
      decibels(row.psnr),
      row.ssim?.toFixed(3) ?? "",
      short(row.relativeError, 3),
      short(row.residual, 3),
      row.seconds.toFixed(2),
      megabytes(row.memory),
      row.lambda === undefined ? "" : short(row.lambda, 2),
      covered(row.coverage),
      endText(row),
    ];
  });
  return textTable(
    [
      { title: "operator" },
      { title: "m", align: "right" },
      { title: "noise", align: "right" },
      { title: "method" },
      { title: "error ", align: "right" },
      { title: "95 % interval" },
      { title: "p", align: "right" },
      { title: "PSNR", align: "right" },
      { title: "SSIM", align: "right" },
      { title: "relative", align: "right" },
      { title: "residual", align: "right" },
      { title: "s", align: "right" },
      { title: "MB", align: "right" },
      { title: "lambda", align: "right" },
      { title: "in 50/90/99 %" },
      { title: "end" },
    ],
    rows,
  );
}

/** σ of Gaussian noise that has one, 0.05; any other noise by its name, poisson(peak=30). */
export const noiseText = ({ noise, noiseName }: { readonly noise: number; readonly noiseName: string }): string =>
  noiseName.startsWith("gaussian(sigma=") ? short(noise, 2) : noiseName;

/** How the signals ended, and what the method changed: `exact; σ raised to 1.2e-5`, `converged; clipped 18`. */
export const endText = ({ outcome, raised, clipped }: ComparisonTable["rows"][number]): string =>
  [
    outcome,
    ...(raised ? [`σ raised to ${short(raised.to, 2)}`] : []),
    ...(clipped === undefined ? [] : [`clipped ${clipped}`]),
  ].join("; ");

/** An error as it is usually written: five decimals, or an exponent if that would show less than two digits. */
export const fixed = (value: number): string =>
  Number.isFinite(value) && (Math.abs(value) >= 1e-4 || value === 0) ? value.toFixed(5) : short(value, 3);

/** Coverage of the 50, 90 and 99 % intervals in percent, `51 / 90 / 99`; empty if it is not known. */
export const covered = (coverage: Coverage | undefined): string =>
  coverage === undefined ? "" : tableLevels.map((level) => (100 * coverage[level]).toFixed(0)).join(" / ");

/** A p-value in two digits; empty if there is none. */
export const pValue = (p: number | undefined): string => (p === undefined ? "" : short(p, p < 1e-4 ? 3 : 2));

export const decibels = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : short(value));

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
