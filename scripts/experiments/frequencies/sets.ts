import ndarray, { type NdArray } from "ndarray";
import { openDataset, readRows, type SyntheticName, syntheticDataset } from "../../../src/data/index.ts";
import { featuresOf } from "../../../src/sketch/features.ts";
import { designFor } from "../../../src/sketch/index.ts";

type Points = NdArray<Float32Array>;

/** Points to learn from, and others to measure with, both [n, d] and shuffled. */
export interface PointSet {
  readonly name: string;
  readonly learned: Points;
  readonly fresh: Points;
}

export const setNames = ["spiral", "gmm6", "digits"] as const;
export type SetName = (typeof setNames)[number];

/** Principal components of the digits. */
const COMPONENTS = 8;
const TEST_DIGITS = 10_000;

/** A set of `count` points to learn from, and at most as many others. Digits are in 8 principal components, their unit the deviation of the first one. */
export async function pointSet(name: SetName, count: number, seed: number): Promise<PointSet> {
  if (name === "digits") return digits(count);
  const drawn = (own: number) => readRows(syntheticDataset(name as SyntheticName, own), 0, count);
  return { name, learned: await drawn(seed), fresh: await drawn(seed + 1) };
}

async function digits(count: number): Promise<PointSet> {
  const [training, test] = [await openDataset("mnist"), await openDataset("mnist:test")];
  const { features, arrays } = await designFor(training, {
    features: `pca:${COMPONENTS}`,
    families: [{ kind: "second-moments" }],
  });
  const pointsOf = async (dataset: typeof training, most: number): Promise<Points> => {
    const rows = await readRows(dataset, 0, Math.min(most, dataset.count));
    return featuresOf(features, ndarray(rows.data, [rows.shape[0]!, rows.size / rows.shape[0]!]), arrays);
  };
  const learned = await pointsOf(training, count);
  const fresh = await pointsOf(test, Math.min(count, TEST_DIGITS));
  const unit = deviation(learned);
  return { name: "digits", learned: scaled(learned, 1 / unit), fresh: scaled(fresh, 1 / unit) };
}

/** Root mean square of the first coordinate. */
function deviation({ data, shape: [rows = 0, d = 0] }: Points): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += data[row * d]! ** 2;
  return Math.sqrt(sum / rows);
}

const scaled = ({ data, shape }: Points, factor: number): Points =>
  ndarray(
    data.map((v) => v * factor),
    shape,
  );
