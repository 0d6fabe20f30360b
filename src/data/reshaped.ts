import ndarray from "ndarray";
import { sameShape, sizeOf } from "./array.ts";
import { InputError } from "./errors.ts";
import { type Batch, checkedRange, type Dataset, type Range } from "./rows.ts";

/**
 * The same numbers as samples of another shape: [n, 784] becomes n samples of [28, 28]. Several rows can become one sample: [28, 28]
 * becomes one sample of [28, 28]. Labels are kept if the number of samples stays the same.
 * Errors (InputError): a sample would not be a whole number of rows, or rows would be left over.
 */
export function reshaped(dataset: Dataset, shape: readonly number[]): Dataset {
  const { name, count, shape: own } = dataset;
  if (sameShape(shape, own)) return dataset;
  const rows = sizeOf(shape) / sizeOf(own);
  if (!Number.isInteger(rows) || count % rows !== 0) {
    throw new InputError(
      `${name}: holds ${count} samples of shape [${own}], which are no whole number of samples of shape [${shape}]`,
    );
  }
  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, count / rows, range);
    for await (const { first, data } of dataset.batches(size * rows, { from: from * rows, to: to * rows })) {
      yield { first: first / rows, data: ndarray(data.data, [data.shape[0]! / rows, ...shape]) };
    }
  }
  if (rows === 1) return { ...dataset, shape, batches };
  return { name, count: count / rows, shape, batches, ...(dataset.stored && { stored: dataset.stored }) };
}
