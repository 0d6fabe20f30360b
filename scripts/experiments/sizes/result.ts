import { bytesText, grouped } from "../../../src/cli/text.ts";
import type { ComparisonRow } from "../../../src/compare/row.ts";
import { linePlotFile } from "../../../src/report/plot.ts";
import { fixed, textTable } from "../../../src/report/table.ts";
import { sketchSize, sketchSizeData } from "../../../src/sketch/index.ts";
import type { DataBytes } from "./data-bytes.ts";
import { isLearned, type Line } from "./learned.ts";

/** From this p on, an error is not told apart from that of the largest sketch. */
const LEVEL = 0.05;

/** What sizes.json holds. */
export interface Result {
  readonly data: string;
  readonly byLabel: boolean;
  readonly seed: number;
  readonly limit: number;
  readonly draws: number;
  readonly operators: readonly string[];
  readonly noise: string;
  readonly range: readonly [number, number] | undefined;
  /** What keeping the data takes, or the pilot alone. */
  readonly kept: { readonly data: DataBytes; readonly pilot: DataBytes };
  readonly sizes: readonly ResultLine[];
  readonly references: readonly ResultLine[];
}

export type ResultLine = ReturnType<typeof resultLine>;

/** A line with its size and its errors, one for each operator in order. */
export function resultLine(line: Line, rows: readonly ComparisonRow[]) {
  if (!isLearned(line)) return line;
  const { name, sketch } = line;
  return {
    ...{ name, count: sketch.count, size: sketchSizeData(sketchSize(sketch.design)) },
    errors: rows
      .filter(({ method }) => method === name)
      .map(({ operator, mse, mseInterval, wilcoxon }) => ({ operator, mse, mseInterval, wilcoxon })),
  };
}

export function sizesTable({ operators, kept, sizes, references }: Result): string {
  const lines = [...sizes, ...references];
  const right = ["numbers", "bytes", "of sums", "of the design"].map((title) => ({ title, align: "right" as const }));
  const columns = [{ title: "sketch size" }, ...right, ...operators.map((title) => ({ title }))];
  const notes = [
    "Mean squared error [95 % interval]; ≈: p of at least .05 against the largest sketch (Wilcoxon).",
    "The Gaussian needs no more of its sketch than mean and covariance.",
    `Samples, without labels: all ${keptText(kept.data)}; the pilot ${keptText(kept.pilot)}.`,
    ...lines.flatMap((line) => ("refused" in line ? [`${line.name} refused: ${line.refused}`] : [])),
  ];
  return `${textTable(columns, lines.map(cells))}\n\n${notes.join("\n")}`;
}

const keptText = ({ count, raw, gzip }: DataBytes): string =>
  `${grouped(count)} are ${bytesText(raw)}, by gzip ${bytesText(gzip)}`;

function cells(line: ResultLine): string[] {
  if ("refused" in line) return [line.name, "refused"];
  const { name, size, errors } = line;
  const { all, sums, design } = size.bytes;
  return [
    ...[name, grouped(size.numbers), ...[all, sums, design].map(bytesText)],
    ...errors.map(({ mse, mseInterval, wilcoxon }) => {
      const alike = wilcoxon !== undefined && wilcoxon >= LEVEL;
      return `${fixed(mse)}${alike ? "≈" : " "} [${mseInterval.map(fixed).join(", ")}]`;
    }),
  ];
}

/** Error against bytes, a line for each operator; the samples' own bytes are marked. */
export function sizesPlot({ data, operators, kept, sizes }: Result): string {
  const learned = sizes.flatMap((line) => ("refused" in line ? [] : [line]));
  const series = operators.map((name, i) => ({
    ...{ name, style: i },
    points: learned.map(({ size, errors }) => {
      const { mse, mseInterval } = errors[i]!;
      const megabytes = Number((size.bytes.all / 1e6).toPrecision(3)); // the axis is labelled with it
      return { x: megabytes, y: mse, low: mseInterval[0], high: mseInterval[1] };
    }),
  }));
  return linePlotFile(series, {
    label: `${data}: recovery error against the size of the sketch`,
    ...{ xLabel: "megabytes of sketch and design", yLabel: "mean squared error, 95 % interval" },
    marks: [
      { x: kept.data.gzip / 1e6, name: `the data by gzip, ${bytesText(kept.data.gzip)}` },
      { x: kept.data.raw / 1e6, name: `the data, ${bytesText(kept.data.raw)}` },
    ],
  });
}
