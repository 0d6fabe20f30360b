import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stream } from "../../src/data/index.ts";
import { fillTiles, tilesFor } from "../../src/data/tiles.ts";

const test = suite("tiles");

test("every row is in one tile of its own cell, in order; other places stay empty", () => {
  const random = stream(1, "tiles");
  for (const [rows, cells, size] of [
    [1, 1, 1],
    [7, 3, 4],
    [64, 200, 32],
    [500, 9, 32],
    [33, 33, 1],
  ] as const) {
    const tiles = tilesFor(rows, cells, size);
    const place = new Int32Array(rows);
    for (const count of [rows, Math.ceil(rows / 2), 1, rows]) {
      // cells of very different sizes, the last ones often empty
      const cellOf = Int32Array.from({ length: count }, () => Math.floor(cells * random.uniform() ** 3));
      const used = fillTiles(tiles, cellOf, rows, place);
      assert.ok(used <= tiles.cellOf.length);
      const seen = new Map<number, number>();
      for (const [at, row] of tiles.members.entries()) {
        if (row === rows) continue;
        const tile = Math.floor(at / size);
        assert.ok(tile < used);
        assert.is(tiles.cellOf[tile], cellOf[row]);
        assert.is(place[row], at);
        const before = seen.get(cellOf[row]!);
        assert.ok(before === undefined || before < row);
        seen.set(cellOf[row]!, row);
      }
      const held = tiles.members.filter((row) => row !== rows).sort();
      assert.equal([...held], [...Array(count).keys()]);
    }
  }
});

test("as many tiles as the worst case needs: one row in every cell", () => {
  const tiles = tilesFor(40, 100, 32);
  const cellOf = Int32Array.from({ length: 40 }, (_, i) => 2 * i);
  assert.is(fillTiles(tiles, cellOf, 40), 40);
});

test.run();
