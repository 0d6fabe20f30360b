import { contiguous } from "../data/array.ts";
import { sha256 } from "../data/hash.ts";
import type { Batch } from "../data/rows.ts";

/** The hash of no rows. */
export const NO_ROWS = "";

/** Extends a chain of hashes by one block: SHA-256 over the hash so far, the bytes of the block's rows and those of their labels. */
export async function hashedRows(before: string, { data }: Batch, labels?: Uint8Array): Promise<string> {
  const parts = await Promise.all([contiguous(data), labels ?? new Uint8Array(0)].map((part) => sha256([part])));
  return sha256([new TextEncoder().encode([before, ...parts].join())]);
}
