/** Which row of a block each row of each tile holds, [tiles · size], and the cell of each tile, [tiles]. */
export interface Tiles {
  readonly members: Int32Array;
  readonly cellOf: Int32Array;
}

/** Tiles of `size` rows for a block whose rows are in `cells` cells, each cell in tiles of its own, of which its last need not be full. */
export function tilesFor(rows: number, cells: number, size: number): Tiles {
  const most = Math.floor(rows / size) + Math.min(rows, cells);
  return { members: new Int32Array(most * size), cellOf: new Int32Array(most) };
}

/**
 * Sorts the rows of a block, `cells` the cell of each, into tiles. Places that stay empty hold `empty`. Returns how many tiles are used and, in
 * `place`, where each row is.
 */
export function fillTiles({ members, cellOf }: Tiles, cells: Int32Array, empty: number, place?: Int32Array): number {
  const size = members.length / cellOf.length;
  let most = 0;
  for (const cell of cells) most = Math.max(most, cell);
  const next = new Int32Array(most + 1);
  for (const cell of cells) next[cell]!++;
  members.fill(empty);
  let used = 0;
  for (const [cell, count] of next.entries()) {
    const tiles = Math.ceil(count / size);
    next[cell] = used * size;
    cellOf.fill(cell, used, used + tiles);
    used += tiles;
  }
  for (let row = 0; row < cells.length; row++) {
    const at = next[cells[row]!]!++;
    members[at] = row;
    if (place) place[row] = at;
  }
  return used;
}
