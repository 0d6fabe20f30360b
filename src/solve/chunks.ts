/** Some rows of many: what one run of a compiled graph takes. */
export interface Chunk {
  /** The first row. */
  readonly first: number;
  /** How many rows are its own. */
  readonly count: number;
  /** Its rows. The last chunk is filled up by repeating the last row, so that all chunks have one size. */
  readonly at: readonly number[];
}

/** `rows` rows in order, `most` at a time: chunks of one size, so that one compiled graph serves all. */
export function chunksOf(rows: number, most: number): readonly Chunk[] {
  const size = Math.max(1, Math.min(rows, Math.floor(most)));
  return Array.from({ length: Math.ceil(rows / size) }, (_, chunk) => {
    const first = chunk * size;
    const at = Array.from({ length: size }, (_, i) => Math.min(first + i, rows - 1));
    return { first, count: Math.min(size, rows - first), at };
  });
}
