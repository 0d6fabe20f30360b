import { contiguous } from "../data/array.ts";
import { sha256 } from "../data/hash.ts";
import type { Batch } from "../data/rows.ts";

/** The hash of no rows. */
export const NO_ROWS = "";

/** SHA-256 over the hash of the rows before and the bytes of the next ones and of their labels: a chain over blocks. */
export async function hashedRows(before: string, { data }: Batch, labels?: Uint8Array): Promise<string> {
  const parts = await Promise.all([contiguous(data), labels ?? new Uint8Array(0)].map((part) => sha256([part])));
  return sha256([new TextEncoder().encode([before, ...parts].join())]);
}
