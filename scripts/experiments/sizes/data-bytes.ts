import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { sizeOf } from "../../../src/data/array.ts";
import type { Dataset, Range } from "../../../src/data/index.ts";

export interface DataBytes {
  /** Number of samples. */
  readonly count: number;
  readonly raw: number;
  readonly gzip: number;
}

/**
 * The bytes of a data set's numbers, and what gzip makes of them: what keeping the data takes, to compare with a sketch. Numbers that the
 * source holds in 8 bits, as pixels, count a byte; others are float32. Labels are left out.
 */
export async function dataBytes(dataset: Dataset, range: Range, signal: AbortSignal): Promise<DataBytes> {
  const stored = await dataset.stored?.();
  const inBytes = stored?.raw === dataset.count * sizeOf(dataset.shape);
  let [raw, gzip] = [0, 0];
  async function* numbers() {
    for await (const { data } of dataset.batches(1000, range)) {
      const values = Float32Array.from(data.data);
      const block = inBytes ? Buffer.from(values.map((v) => Math.round(255 * v))) : Buffer.from(values.buffer);
      raw += block.length;
      yield block;
    }
  }
  const count = async (packed: AsyncIterable<Buffer>) => {
    for await (const chunk of packed) gzip += chunk.length;
  };
  await pipeline(numbers, createGzip(), count, { signal });
  return { count: range.to - range.from, raw, gzip };
}
