import ndarray from "ndarray";
import { type Dataset, readRows } from "../../../src/data/index.ts";
import { gridPng } from "../../../src/report/image-file.ts";
import type { Labelled } from "./cnn.ts";

/** Rows of the picture, which has one column per label. */
const ROWS = 8;

/** The rows of a data set from `from` to before `to`, with their labels. */
export async function labelled(data: Dataset, from: number, to: number): Promise<Labelled> {
  const labels = Int32Array.from((await data.labels!()).subarray(from, to));
  return { signals: await readRows(data, from, to), labels: ndarray(labels, [to - from]) };
}

/** The images with their values in the range of the data's, [0, 1]. */
export function clipped({ signals, labels }: Labelled): Labelled {
  const data = signals.data.map((v) => Math.min(1, Math.max(0, v)));
  return { signals: ndarray(data, signals.shape), labels };
}

/** A grid with one column per label: the first images of each. */
export function figure({ signals, labels }: Labelled, classes: number): Promise<Uint8Array> {
  const [count, ...shape] = signals.shape as [number, ...number[]];
  const size = signals.size / count;
  const rows = Array.from({ length: classes }, (_, label) => {
    const of = [...labels.data.keys()].filter((row) => labels.data[row] === label);
    return of.slice(0, ROWS);
  });
  const data = new Float32Array(ROWS * classes * size);
  for (const [label, own] of rows.entries()) {
    for (const [i, row] of own.entries()) {
      data.set(signals.data.subarray(row * size, (row + 1) * size), (i * classes + label) * size);
    }
  }
  return gridPng(ndarray(data, [ROWS * classes, ...shape]), { columns: classes, scale: 2 });
}
