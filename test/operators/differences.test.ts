import { suite } from "uvu";
import * as assert from "uvu/assert";
import { differences } from "../../operators/differences.ts";
import { apply, difference, draw, floats } from "./draws.ts";

const test = suite("differences");

test("by hand: down, then to the right, 0 past the last pixel", async () => {
  const { shape, data } = await apply(
    differences({ inShape: [2, 3] }).forward,
    floats([1, 4, 9, 16, 25, 36], [1, 2, 3]),
  );
  assert.equal(shape, [1, 2, 2, 3]);
  assert.equal([...data], [15, 21, 27, 0, 0, 0, 3, 5, 0, 9, 11, 0]);
});

test("by its definition on channels; the adjoint is minus the divergence", async () => {
  const [h, w, channels] = [3, 4, 2];
  const x = draw(1, [1, h, w, channels]);
  const operator = differences({ inShape: [h, w, channels] });
  const y = await apply(operator.forward, x);
  const at = (i: number, j: number, c: number) => x.data[(i * w + j) * channels + c]!;
  const wanted = [0, 1].flatMap((axis) =>
    Array.from({ length: h * w * channels }, (_, k) => {
      const [i, j, c] = [Math.floor(k / (w * channels)), Math.floor(k / channels) % w, k % channels];
      const [below, right] = [i + Number(axis === 0), j + Number(axis === 1)];
      return below < h && right < w ? at(below, right, c) - at(i, j, c) : 0;
    }),
  );
  assert.ok(difference(y.data, wanted) < 1e-6);
  const impulse = floats([0, 1, 0, 0], [1, 1, 4]);
  const back = await apply(differences({ inShape: [4] }).adjoint, impulse);
  assert.equal([...back.data], [0, -1, 1, 0]);
});

test("signals of four axes are refused", () => {
  assert.throws(
    () => differences({ inShape: [2, 2, 2, 2] }),
    /^differences: expected signals of .*got \[2, 2, 2, 2\]$/,
  );
});

test.run();
