import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import type { ComparisonTable } from "../compare/compare.ts";
import { removeFile, writeAtomic } from "../data/files.ts";
import { reportCsv, reportJson } from "./data.ts";
import { reportFigures } from "./figures/index.ts";
import { type ReportAbout, reportPage } from "./page.ts";
import { reportFigureFormats } from "./report-figure.ts";

/**
 * Writes index.html, report.json, report.csv and, in the folder figures, every figure as SVG, PNG, CSV and JSON. The folder is made if
 * needed, the figures of an earlier report in it are removed. Returns the paths of the files.
 */
export async function writeReport(folder: string, table: ComparisonTable, about: ReportAbout): Promise<string[]> {
  const figures = reportFigures(table);
  const files: Record<string, string | Uint8Array> = {
    "index.html": await reportPage(table, about, figures),
    "report.json": `${JSON.stringify(reportJson(table, about), null, 2)}\n`,
    "report.csv": reportCsv(table),
  };
  for (const figure of [...figures.main, ...figures.histograms]) {
    for (const [ending, made] of Object.entries(reportFigureFormats)) {
      files[path.join("figures", figure.name + ending)] = await made(figure);
    }
  }
  await mkdir(path.join(folder, "figures"), { recursive: true });
  await removeFigures(path.join(folder, "figures"));
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await writeAtomic(file, content);
    paths.push(file);
  }
  return paths;
}

/** Removes the figures of an earlier report: what is there in every format. */
async function removeFigures(folder: string): Promise<void> {
  const there = new Set(await readdir(folder));
  for (const name of there) {
    const files = Object.keys(reportFigureFormats).map((ending) => path.parse(name).name + ending);
    if (!files.includes(name) || !files.every((file) => there.has(file))) continue;
    await removeFile(path.join(folder, name));
  }
}
