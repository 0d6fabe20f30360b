import type { ComparisonCase, ComparisonTable } from "../compare/compare.ts";
import { escapeHtml } from "./escape.ts";
import { isPictureShape, type Picture, pictures, pngDataUri } from "./png.ts";
import { rowGroups } from "./results.ts";
import { fixed } from "./table.ts";

/** Signals shown at once; the others follow behind a fold. */
const OPEN = 8;

/** A panel an operator: one line a signal, with the truth, what was measured, and every method's estimate side by side. */
export function panels(table: ComparisonTable): string {
  if (!isPictureShape(table.truth.shape.slice(1))) {
    return `<p class=soft>The signals have the shape [${table.truth.shape.slice(1).join(", ")}] and are not shown as pictures.</p>`;
  }
  const groups = rowGroups(table);
  const truth = pictures(table.truth);
  const sections = table.cases.map((one, i) => {
    const errors = new Map(groups[i]!.rows.map((row) => [row.method, row.errors]));
    return panel(one, table.methods, truth, errors);
  });
  return `<div class=panels>${sections.join("\n")}</div>`;
}

function panel(
  one: ComparisonCase,
  methods: readonly string[],
  truth: readonly Picture[],
  errors: ReadonlyMap<string, readonly number[]>,
): string {
  const measured = measuredPictures(one);
  const estimates = methods.map((method) => pictures(one.estimates[method]!));
  const line = (signal: number): string => {
    const of = methods.map((method) => errors.get(method)?.[signal] ?? Number.NaN);
    const least = Math.min(...of);
    const cells = estimates.map((list, k) =>
      cell(list[signal]!, of[k] === least ? `<strong>${fixed(of[k]!)}</strong>` : fixed(of[k]!)),
    );
    return `<tr><th scope=row>${signal + 1}</th>${cell(truth[signal]!, "&nbsp;")}${measured ? cell(measured[signal]!, "&nbsp;") : ""}${cells.join("")}</tr>`;
  };
  const titles = ["true", ...(measured ? [one.backProjected ? "Φ′y" : "y"] : []), ...methods];
  const head = `<thead><tr><th></th>${titles.map((t) => `<th scope=col>${escapeHtml(t)}</th>`).join("")}</tr></thead>`;
  const lines = truth.map((_, signal) => line(signal));
  const block = (some: readonly string[]) =>
    `<div class=wide><table class=panel>${head}<tbody>${some.join("\n")}</tbody></table></div>`;
  const rest = lines.slice(OPEN);
  const more = rest.length > 0 ? `<details><summary>${rest.length} more signals</summary>${block(rest)}</details>` : "";
  return `<section><h3>${escapeHtml(one.operator)}, noise ${one.noise}</h3>${block(lines.slice(0, OPEN))}${more}</section>`;
}

/** Φ'y of random measurements leaves [0, 1] by far; then each picture is stretched to its own range. */
function measuredPictures({ measured }: ComparisonCase): Picture[] | undefined {
  if (!measured || !isPictureShape(measured.shape.slice(1))) return undefined;
  const beyond = Array.from(measured.data).some((v) => v < -0.5 || v > 1.5);
  return pictures(measured, beyond ? "stretch" : "clip");
}

const cell = (picture: Picture, caption: string): string =>
  `<td><img alt="" width=${picture.width} height=${picture.height} src="${pngDataUri(picture)}">${caption}</td>`;
