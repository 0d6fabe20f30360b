/** The rows that one run of a compiled graph takes. */
export interface Chunk {
  /** The first row. */
  readonly first: number;
  /** How many rows it has, without those repeated to fill it. */
  readonly count: number;
  /** Its rows. The last chunk is filled up by repeating the last row, so that all chunks have one size. */
  readonly at: readonly number[];
}

/** Splits `rows` rows, in order, into chunks of at most `most`. All chunks have one size, so one compiled graph serves all. */
export function chunksOf(rows: number, most: number): readonly Chunk[] {
  const size = Math.max(1, Math.min(rows, Math.floor(most)));
  return Array.from({ length: Math.ceil(rows / size) }, (_, chunk) => {
    const first = chunk * size;
    const at = Array.from({ length: size }, (_, i) => Math.min(first + i, rows - 1));
    return { first, count: Math.min(size, rows - first), at };
  });
}
