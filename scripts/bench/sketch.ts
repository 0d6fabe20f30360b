import { parseArgs } from "node:util";
import { openDataset } from "../../src/data/index.ts";
import { short, textTable } from "../../src/report/table.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";

/** The most seconds that each step may take on two cores: several times as many as on a quiet machine. */
const limits = { "design, 100 principal components": 10, "design, raw pixels": 10, "sketch, m = 4096": 15 };
type Step = keyof typeof limits;

/** The designs and the one pass over the 60 000 training digits, with default families. */
export async function sketchBench(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({ args: [...words], options: { json: { type: "boolean", default: false } } });
  const digits = await openDataset("mnist");
  const rows: { step: Step; seconds: number; limit: number }[] = [];
  const timed = async <T>(step: Step, task: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await task();
    rows.push({ step, seconds: (performance.now() - from) / 1000, limit: limits[step] });
    return result;
  };
  await timed("design, 100 principal components", () => designFor(digits, { features: "pca:100" }));
  const design = await timed("design, raw pixels", () => designFor(digits));
  await timed("sketch, m = 4096", () => sketchDataset(digits, design));
  if (values.json) return JSON.stringify(rows, null, 2);
  return textTable(
    ["step", "s", "limit", ""].map((title, i) => ({
      title,
      align: i % 3 === 0 ? ("left" as const) : ("right" as const),
    })),
    rows.map(({ step, seconds, limit }) => [step, short(seconds), String(limit), seconds < limit ? "" : "OVER"]),
  );
}
