import ndarray, { type NdArray } from "ndarray";
import { type ByteSource, fileSource } from "./bytes.ts";
import { InputError } from "./errors.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireFinite, requireSize } from "./rows.ts";

/** What the first pass over a CSV file finds. */
interface Layout {
  readonly separator: string;
  /** Lines before the first sample: 1 with a header. */
  readonly skip: number;
  readonly columns: number;
  /** The column of labels, if the header calls one `label`. */
  readonly label?: number;
}

const NEWLINE = 10;

export interface CsvOptions {
  /** Whether the first line is a header. Default: it is one if every cell is a word (`isWord`), or if a cell is `label`. */
  readonly header?: boolean;
}

/**
 * A data set from a CSV file (`.csv`, `.tsv`, `.gz` too), one sample per line, read as a stream. Numbers are separated by commas,
 * semicolons or tabs. The first line is a header if it holds only words (neither numbers nor missing values) or a cell `label`, or if
 * `header` says so. The column `label` holds integers from 0 to 255 and becomes the labels. Empty lines are skipped. The file is read
 * once when it is opened, to count its lines.
 * Errors (InputError), each with the line: a cell that is not a number, another number of columns than before.
 */
export async function csvDataset(file: string, options: CsvOptions = {}): Promise<Dataset> {
  const source = await fileSource(file);
  const layout = await layoutOf(source, options);
  let count = -layout.skip;
  for await (const _ of lines(source)) count++;
  if (count <= 0) throw new InputError(`${file}: holds no samples`);
  const width = layout.columns - (layout.label === undefined ? 0 : 1);
  if (width === 0) throw new InputError(`${file}: holds no column of numbers beside the label`);

  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(file, count, range);
    requireSize(file, size);
    let first = from;
    let index = -layout.skip;
    let data = new Float32Array(width * Math.min(size, to - first));
    let rows = 0;
    for await (const line of lines(source)) {
      if (first + rows === to) break;
      if (index++ < from) continue;
      parseLine(line, layout, file, (column, value) => {
        data[rows * width + column] = value;
      });
      if (++rows * width < data.length) continue;
      requireFinite(file, data, first, rows);
      yield { first, data: ndarray(data, [rows, width]) };
      first += rows;
      rows = 0;
      data = new Float32Array(width * Math.min(size, to - first));
    }
    if (first < to) throw new InputError(`${file}: has fewer lines than when it was opened`);
  }

  const labels = async (): Promise<Uint8Array> => {
    const out = new Uint8Array(count);
    let index = -layout.skip;
    for await (const line of lines(source)) {
      const at = index++;
      if (at < 0) continue;
      const cell = line.text.split(layout.separator)[layout.label!]?.replaceAll('"', "").trim();
      const value = cell ? Number(cell) : Number.NaN;
      if (!(Number.isInteger(value) && value >= 0 && value <= 255)) {
        throw new InputError(`${file}: line ${line.number}: the label must be an integer from 0 to 255`);
      }
      out[at] = value;
    }
    return out;
  };
  const stored = async () => ({
    raw: Float32Array.BYTES_PER_ELEMENT * count * width,
    ...(source.packed !== undefined && { files: source.packed }),
  });
  return { name: file, count, shape: [width], batches, stored, ...(layout.label !== undefined && { labels }) };
}

/**
 * The numbers of a CSV file, [lines, columns], or [lines] if each line holds one number. A header is left out as by `csvDataset`. A
 * column `label` is a column like any other.
 */
export async function csvArray(file: string, options: CsvOptions = {}): Promise<NdArray<Float64Array>> {
  const source = await fileSource(file);
  const { label: _, ...layout } = await layoutOf(source, options);
  const numbers: number[] = [];
  let index = -layout.skip;
  for await (const line of lines(source)) {
    if (index++ < 0) continue;
    parseLine(line, layout, file, (_, value) => numbers.push(value));
  }
  if (index <= 0) throw new InputError(`${file}: holds no numbers`);
  return ndarray(Float64Array.from(numbers), layout.columns === 1 ? [index] : [index, layout.columns]);
}

interface Line {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
}

/** The lines that are not empty, in order, without line ends. */
async function* lines(source: ByteSource): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  let number = 0;
  for await (const chunk of source.stream(0)) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end < 0) {
      rest += decoder.decode(chunk, { stream: true });
      continue;
    }
    const whole = (rest + decoder.decode(chunk.subarray(0, end), { stream: true })).split("\n");
    for (const text of whole) {
      number++;
      if (text.trim() !== "") yield { text, number };
    }
    rest = decoder.decode(chunk.subarray(end + 1), { stream: true });
  }
  if (rest.trim() !== "") yield { text: rest, number: number + 1 };
}

async function layoutOf(source: ByteSource, { header }: CsvOptions): Promise<Layout> {
  for await (const { text } of lines(source)) {
    const separator = ["\t", ";", ","].find((s) => text.includes(s)) ?? ",";
    const cells = text.split(separator).map((cell) => cell.trim().replaceAll('"', ""));
    const label = cells.findIndex((cell) => /^labels?$/i.test(cell));
    if (!(header ?? (label >= 0 || cells.every(isWord)))) return { separator, skip: 0, columns: cells.length };
    return { separator, skip: 1, columns: cells.length, ...(label >= 0 && { label }) };
  }
  throw new InputError(`${source.where}: holds no samples`);
}

/** Texts for missing values and for numbers that are not finite, in files of pandas, R, databases and spreadsheets. */
const MISSING = /^([-+]?(nan|inf|infinity)\b.*|#?n\/?a|<na>|null|none|-|\?)$/i;

/** Whether a cell can be the name of a column: it is not empty, not a number and not a missing value. */
const isWord = (cell: string): boolean => cell !== "" && !Number.isFinite(Number(cell)) && !MISSING.test(cell);

/** Calls `take` with every number of a line, except the label. */
function parseLine(
  { text, number }: Line,
  { separator, columns, label }: Layout,
  file: string,
  take: (column: number, value: number) => void,
): void {
  const cells = text.split(separator);
  if (cells.length !== columns) {
    throw new InputError(`${file}: line ${number}: expected ${columns} numbers, got ${cells.length}`);
  }
  let column = 0;
  for (const [i, cell] of cells.entries()) {
    if (i === label) continue;
    const content = cell.replaceAll('"', "").trim();
    const value = content === "" ? Number.NaN : Number(content);
    if (!Number.isFinite(value)) {
      throw new InputError(
        `${file}: line ${number}: column ${i + 1} holds "${cell.trim()}", expected a number; remove or repair such lines` +
          (number === 1 ? "; a header names every column" : ""),
      );
    }
    take(column++, value);
  }
}
