import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { ComparisonTable } from "../compare/compare.ts";
import { writeAtomic } from "../data/files.ts";
import { reportCsv, reportJson } from "./data.ts";
import { type ReportAbout, reportPage } from "./page.ts";

/** Writes index.html, report.json and report.csv into a folder, which is made if needed. Returns their paths. */
export async function writeReport(folder: string, table: ComparisonTable, about: ReportAbout): Promise<string[]> {
  const files: Readonly<Record<string, string>> = {
    "index.html": await reportPage(table, about),
    "report.json": `${JSON.stringify(reportJson(table, about), null, 2)}\n`,
    "report.csv": reportCsv(table),
  };
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await writeAtomic(file, content);
    paths.push(file);
  }
  return paths;
}
