import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The script of report pages, which runs in browsers: `assets/report.js`. */
export const reportScript = (): Promise<string> =>
  readFile(fileURLToPath(import.meta.resolve("#report-script")), "utf8");
