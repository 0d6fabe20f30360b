import { sizeOf } from "../data/array.ts";
import { type Dataset, openDataset } from "../data/dataset.ts";
import { storedFacts } from "./facts.ts";
import { grouped, shapeText } from "./text.ts";

/** The most samples, and the most numbers, that are read to find the range of the values. */
const MOST_SAMPLES = 1000;
const MOST_NUMBERS = 2 ** 22;

/** A data set in words and as data. Only its first samples are read, a few at a time. */
export async function dataFacts(file: string) {
  const dataset = await openDataset(file);
  const { count, shape, labels, labelNames } = dataset;
  const { range, looked } = await rangeOf(dataset);
  const [low, high] = range.map((v) => Number(v.toPrecision(4)));
  const stored = await storedFacts(dataset);
  const classes = labelNames && `, ${labelNames.length} classes: ${listed(labelNames)}`;
  const words = {
    samples: `${grouped(count)} of ${shapeText(shape)}`,
    values: `${low} to ${high} in the first ${grouped(looked)}`,
    labels: labels ? `yes${classes ?? ""}` : "no",
    bytes: stored?.words,
  };
  const data = { count, shape, range, labels: labels !== undefined, ...(labelNames && { labelNames }) };
  return { words, data: { ...data, ...(stored && { dataBytes: stored.data }) } };
}

async function rangeOf({ count, shape, batches }: Dataset) {
  const size = sizeOf(shape);
  const looked = Math.min(count, MOST_SAMPLES, Math.max(1, Math.floor(MOST_NUMBERS / size)));
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const { data } of batches(Math.max(1, Math.floor(2 ** 16 / size)), { from: 0, to: looked })) {
    for (const v of data.data) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  return { range: [low, high] as const, looked };
}

/** The first ten names. */
const listed = (names: readonly string[]): string =>
  names.length > 10 ? `${names.slice(0, 10).join(", ")}, …` : names.join(", ");
