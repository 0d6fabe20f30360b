import type { ComparisonCase, ComparisonTable } from "../compare/compare.ts";
import { psnr } from "../compare/metrics.ts";
import type { ComparisonRow } from "../compare/row.ts";
import { breakable, escapeHtml } from "../data/escape.ts";
import { pngDataUri } from "./image-file.ts";
import { heatFilter, heatGradient, type Maps, mapsOf } from "./maps.ts";
import { isPictureShape, type Picture, pictures } from "./picture.ts";
import { rowGroups } from "./results.ts";
import { decibels, fixed, noiseText, short } from "./table.ts";

/** How many signals are shown at once. The others are folded away. */
const OPEN = 8;

/**
 * One panel per operator, one line per signal: the truth, the measurement and every method's estimate side by side. A choice above the panels
 * shows the estimates' errors or deviations in their place, and a dialog shows them enlarged.
 */
export async function panels(table: ComparisonTable): Promise<string> {
  if (!isPictureShape(table.truth.shape.slice(1))) {
    return `<p class=soft>The signals have the shape [${table.truth.shape.slice(1).join(", ")}] and are not shown as pictures.</p>`;
  }
  const groups = rowGroups(table);
  const truth = pictures(table.truth);
  const sections: string[] = [];
  for (const [i, one] of table.cases.entries()) {
    const rows = new Map(groups[i]!.rows.map((row) => [row.method, row]));
    sections.push(await panel(one, table, truth, rows));
  }
  const isKnown = table.cases.some(({ deviations }) => Object.keys(deviations).length > 0);
  return `${choice(isKnown)}<div class=panels>${sections.join("\n")}</div>${heatFilter()}${dialog}`;
}

/** What the cells of the panels show. */
const choice = (deviations: boolean): string => {
  const radio = (kind: string, words: string) =>
    `<label><input type=radio name=shown id=show-${kind}${kind === "estimate" ? " checked" : ""}>${words}</label>`;
  const kinds = [radio("estimate", "estimates"), radio("error", "errors")];
  if (deviations) kinds.push(radio("deviation", "standard deviations"));
  return `<fieldset class=choice><legend>Show</legend>${kinds.join("")}</fieldset>`;
};

/** The dialog that enlarges a cell; the page's script fills it. */
const dialog = `<dialog id=zoom aria-label="enlarged pictures"><form method=dialog><h3></h3><button aria-label=close>×</button></form>
<div class=zoomed></div><p class=about></p><p class="scale soft"></p>
<nav>${[
  ["ArrowLeft", "←", "method before"],
  ["ArrowRight", "→", "next method"],
  ["ArrowUp", "↑", "signal before"],
  ["ArrowDown", "↓", "next signal"],
]
  .map(([key, sign, words]) => `<button type=button data-key=${key} aria-label="${words}">${sign}</button>`)
  .join("")}</nav></dialog>`;

async function panel(
  one: ComparisonCase,
  { methods, truth: x }: ComparisonTable,
  truth: readonly Picture[],
  rows: ReadonlyMap<string, ComparisonRow>,
): Promise<string> {
  const measured = measuredPictures(one);
  const maps = mapsOf(x, one);
  const estimates = methods.map((method) => pictures(one.estimates[method]!));
  const line = async (signal: number): Promise<string> => {
    const of = methods.map((method) => rows.get(method)?.errors[signal] ?? Number.NaN);
    const least = Math.min(...of);
    const cells = await Promise.all([
      cell([img(truth[signal]!)], "&nbsp;"),
      ...(measured ? [cell([img(measured[signal]!)], "&nbsp;")] : []),
      ...methods.map((method, k) => {
        const shown = of[k] === least ? `<strong>${fixed(of[k]!)}</strong>` : fixed(of[k]!);
        return cell(
          imagesOf(estimates[k]![signal]!, maps, method, signal),
          shown,
          aboutSignal(rows.get(method), signal),
        );
      }),
    ]);
    return `<tr><th scope=row>${signal + 1}</th>${cells.join("")}</tr>`;
  };
  const titles = ["true", ...(measured ? [one.backProjected ? "Φ′y" : "y"] : []), ...methods];
  const head = `<thead><tr><th></th>${titles.map((t) => `<th scope=col>${breakable(t)}</th>`).join("")}</tr></thead>`;
  const lines = await Promise.all(truth.map((_, signal) => line(signal)));
  const block = (some: readonly string[]) =>
    `<div class=wide><table class=panel>${head}<tbody>${some.join("\n")}</tbody></table></div>`;
  const rest = lines.slice(OPEN);
  const more = rest.length > 0 ? `<details><summary>${rest.length} more signals</summary>${block(rest)}</details>` : "";
  const scale = `<p class="scale soft"><small>0 <span style="background:${heatGradient}"></span> ${short(maps.most, 2)} and above</small></p>`;
  return `<section><h3>${escapeHtml(one.operator)}, noise ${escapeHtml(noiseText(one))}</h3>${scale}${block(lines.slice(0, OPEN))}${more}</section>`;
}

/** Pictures of the measurements. Φ'y of random measurements lies far outside [0, 1]; then each picture is stretched to its own range. */
function measuredPictures({ measured }: ComparisonCase): Picture[] | undefined {
  if (!measured || !isPictureShape(measured.shape.slice(1))) return undefined;
  const beyond = Array.from(measured.data).some((v) => v < -0.5 || v > 1.5);
  return pictures(measured, beyond ? "stretch" : [0, 1]);
}

/** The numbers of one signal, for the dialog. */
function aboutSignal(row: ComparisonRow | undefined, signal: number): string {
  if (!row) return "";
  const error = row.errors[signal]!;
  return [
    `error ${fixed(error)}`,
    `PSNR ${decibels(psnr(error))} dB`,
    ...(row.ssims ? [`SSIM ${row.ssims[signal]!.toFixed(3)}`] : []),
    `relative error ${short(row.relativeErrors[signal], 3)}`,
    `residual ${short(row.residuals[signal], 3)}`,
  ].join(", ");
}

function imagesOf(estimate: Picture, { errors, deviations }: Maps, method: string, signal: number): Promise<string>[] {
  const deviation = deviations[method]?.[signal];
  return [
    img(estimate, "estimate"),
    img(errors[method]![signal]!, "error"),
    deviation ? img(deviation, "deviation") : Promise.resolve("<span class=none>–</span>"),
  ];
}

const img = async (picture: Picture, kind?: "estimate" | "error" | "deviation"): Promise<string> =>
  `<img alt=""${kind ? ` data-kind=${kind}` : ""} width=${picture.width} height=${picture.height} src="${await pngDataUri(picture)}">`;

const cell = async (images: readonly Promise<string>[], caption: string, about = ""): Promise<string> =>
  `<td${about && ` data-about="${escapeHtml(about)}"`}>${(await Promise.all(images)).join("")}${caption}</td>`;
