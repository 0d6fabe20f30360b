import type { ComparisonCase, ComparisonTable } from "../compare/compare.ts";
import { escapeHtml } from "../data/escape.ts";
import { pngDataUri } from "./image-file.ts";
import { isPictureShape, type Picture, pictures } from "./picture.ts";
import { rowGroups } from "./results.ts";
import { fixed, noiseText } from "./table.ts";

/** How many signals are shown at once. The others are folded away. */
const OPEN = 8;

/** One panel per operator, one line per signal: the truth, the measurement and every method's estimate side by side. */
export async function panels(table: ComparisonTable): Promise<string> {
  if (!isPictureShape(table.truth.shape.slice(1))) {
    return `<p class=soft>The signals have the shape [${table.truth.shape.slice(1).join(", ")}] and are not shown as pictures.</p>`;
  }
  const groups = rowGroups(table);
  const truth = pictures(table.truth);
  const sections: string[] = [];
  for (const [i, one] of table.cases.entries()) {
    const errors = new Map(groups[i]!.rows.map((row) => [row.method, row.errors]));
    sections.push(await panel(one, table.methods, truth, errors));
  }
  return `<div class=panels>${sections.join("\n")}</div>`;
}

async function panel(
  one: ComparisonCase,
  methods: readonly string[],
  truth: readonly Picture[],
  errors: ReadonlyMap<string, readonly number[]>,
): Promise<string> {
  const measured = measuredPictures(one);
  const estimates = methods.map((method) => pictures(one.estimates[method]!));
  const line = async (signal: number): Promise<string> => {
    const of = methods.map((method) => errors.get(method)?.[signal] ?? Number.NaN);
    const least = Math.min(...of);
    const cells = await Promise.all([
      cell(truth[signal]!, "&nbsp;"),
      ...(measured ? [cell(measured[signal]!, "&nbsp;")] : []),
      ...estimates.map((list, k) =>
        cell(list[signal]!, of[k] === least ? `<strong>${fixed(of[k]!)}</strong>` : fixed(of[k]!)),
      ),
    ]);
    return `<tr><th scope=row>${signal + 1}</th>${cells.join("")}</tr>`;
  };
  const titles = ["true", ...(measured ? [one.backProjected ? "Φ′y" : "y"] : []), ...methods];
  const head = `<thead><tr><th></th>${titles.map((t) => `<th scope=col>${escapeHtml(t)}</th>`).join("")}</tr></thead>`;
  const lines = await Promise.all(truth.map((_, signal) => line(signal)));
  const block = (some: readonly string[]) =>
    `<div class=wide><table class=panel>${head}<tbody>${some.join("\n")}</tbody></table></div>`;
  const rest = lines.slice(OPEN);
  const more = rest.length > 0 ? `<details><summary>${rest.length} more signals</summary>${block(rest)}</details>` : "";
  return `<section><h3>${escapeHtml(one.operator)}, noise ${escapeHtml(noiseText(one))}</h3>${block(lines.slice(0, OPEN))}${more}</section>`;
}

/** Pictures of the measurements. Φ'y of random measurements lies far outside [0, 1]; then each picture is stretched to its own range. */
function measuredPictures({ measured }: ComparisonCase): Picture[] | undefined {
  if (!measured || !isPictureShape(measured.shape.slice(1))) return undefined;
  const beyond = Array.from(measured.data).some((v) => v < -0.5 || v > 1.5);
  return pictures(measured, beyond ? "stretch" : [0, 1]);
}

const cell = async (picture: Picture, caption: string): Promise<string> =>
  `<td><img alt="" width=${picture.width} height=${picture.height} src="${await pngDataUri(picture)}">${caption}</td>`;
