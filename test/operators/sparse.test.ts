import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Elements, sparseProduct } from "../../operators/sparse.ts";
import { apply, difference, dot, draw, floats } from "./draws.ts";

const test = suite("sparse products");

const elements = (triples: readonly (readonly [number, number, number])[]): Elements => ({
  rows: Int32Array.from(triples, ([row]) => row),
  columns: Int32Array.from(triples, ([, column]) => column),
  values: Float32Array.from(triples, ([, , value]) => value),
});

test("by hand, with an empty row, elements in any order and in two parts", async () => {
  const product = sparseProduct(3, [
    elements([[2, 0, 5]]),
    elements([
      [0, 1, 2],
      [2, 1, 7],
      [0, 0, -1],
    ]),
  ]);
  const y = await apply(product, floats([1, 10, 3, 0], [2, 2]));
  assert.equal(y.shape, [2, 3]);
  assert.equal([...y.data], [19, 0, 75, -3, 0, 15]);
});

test("a matrix of several slices, whose rows are of very different lengths", async () => {
  const [rows, columns] = [700, 1000];
  const matrix = draw(1, [rows, columns]).data;
  const length = (row: number) => (row % 100 === 7 ? 0 : row < 350 ? columns : 1 + (row % 9));
  const triples = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: length(row) }, (_, column) => [row, column, matrix[row * columns + column]!] as const),
  );
  const x = draw(2, [2, columns]);
  const y = await apply(sparseProduct(rows, [elements(triples.flat())]), x);
  const wanted = [0, 1].flatMap((i) =>
    triples.map((line) =>
      dot(
        line.map(([, , value]) => value),
        x.data.subarray(i * columns, (i + 1) * columns),
      ),
    ),
  );
  assert.ok(difference(y.data, wanted) < 1e-5); // float32 sums of 1000
});

test.run();
