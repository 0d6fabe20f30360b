import { parseArgs } from "node:util";
import ndarray from "ndarray";
import { arrayDataset, openDataset, stream } from "../../src/data/index.ts";
import { short, textTable } from "../../src/report/table.ts";
import { designFor, makeDesign, sketchDataset } from "../../src/sketch/index.ts";

/** The most seconds that each step may take on two cores: several times as many as on a quiet machine. */
const limits = {
  ...{ "design, 100 principal components": 10, "design, raw pixels": 10, "sketch, m = 4096": 15 },
  // Fourier moments alone, of normal draws
  ...{ "60 000 × 784, m = 4096, product": 5, "60 000 × 784, m = 4096, independent": 30 },
  ...{ "60 000 × 100, m = 10 000, product": 5, "60 000 × 100, m = 10 000, independent": 30 },
  ...{ "200 000 × 2, m = 10 000, product": 10, "200 000 × 2, m = 10 000, independent": 60 },
};
type Step = keyof typeof limits;

/** The designs and the one pass over the 60 000 training digits, with default families; and passes over normal draws for each way to draw frequencies. */
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
  for (const [n, d, m, words] of [
    [60_000, 784, 4096, "60 000 × 784, m = 4096"],
    [60_000, 100, 10_000, "60 000 × 100, m = 10 000"],
    [200_000, 2, 10_000, "200 000 × 2, m = 10 000"],
  ] as const) {
    const points = ndarray(stream(1, "bench").fillNormal(new Float32Array(n * d)), [n, d]);
    for (const draw of ["product", "independent"] as const) {
      const families = [{ kind: "fourier", draw, scales: [Math.sqrt(d)], m }] as const;
      const own = await makeDesign({ shape: [d], families });
      await timed(`${words}, ${draw}`, () => sketchDataset(arrayDataset("points", points), own));
    }
  }
  if (values.json) return JSON.stringify(rows, null, 2);
  return textTable(
    ["step", "s", "limit", ""].map((title, i) => ({
      title,
      align: i % 3 === 0 ? ("left" as const) : ("right" as const),
    })),
    rows.map(({ step, seconds, limit }) => [step, short(seconds), String(limit), seconds < limit ? "" : "OVER"]),
  );
}
