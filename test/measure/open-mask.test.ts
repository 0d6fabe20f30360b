import { writeFileSync } from "node:fs";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ForwardOperator, requireLinear } from "../../operators/operator.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { loadMeasurements, measure, openOperator, saveMeasurements } from "../../src/measure/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { apply, draw, floats } from "../operators/draws.ts";

const test = suite("masks from pictures and texts");
const at = scratch();
const pixels = [255, 0, 90, 200, 255, 0];
const numbered = floats([0, 1, 2, 3, 4, 5], [1, 2, 3]);
const kept = async (operator: ForwardOperator) => [...(await apply(operator.forward, numbered)).data];

test.before(async () => {
  await sharp(Buffer.from(pixels), { raw: { width: 3, height: 2, channels: 1 } })
    .png()
    .toFile(at("mask.png"));
  writeFileSync(at("mask.npy"), encodeNpy(floats([1, 0, 0, 1, 1, 0], [2, 3])));
});

test("a PNG and an array keep the same pixels, and measurements by them are loaded again", async () => {
  for (const name of ["mask.png", "mask.npy"]) {
    const operator = await openOperator(`mask:image=${at(name)}`, { shape: [2, 3] });
    assert.equal(await kept(operator), [0, 3, 4]);
    const measured = await measure(draw(1, [2, 2, 3]), operator);
    await saveMeasurements(at("y.npz"), measured);
    assert.equal((await loadMeasurements(at("y.npz"))).y.data, measured.y.data);
  }
});

test("a text covers some of an image of any size, the same every time, another text other pixels", async () => {
  const shape = [61, 90];
  const open = (text: string) => openOperator(`mask:text=${text}`, { shape });
  const [once, again, other] = await Promise.all(["a <b> & c", "a <b> & c", "xyz"].map(open));
  assert.is(once!.name, "mask(text=a <b> & c)");
  const share = once!.outShape[0]! / (61 * 90);
  assert.ok(share > 0.6 && share < 0.95, `${share} of the pixels are left`);
  assert.is(once!.digest, again!.digest);
  assert.is.not(once!.digest, other!.digest);
  const mask = requireLinear("test", once!);
  const picture = await apply((x) => mask.adjoint(mask.forward(x)), floats(new Array(61 * 90).fill(1), [1, ...shape]));
  const lost = (from: number, to: number) => picture.data.slice(from * 90, to * 90).filter((v) => v === 0).length;
  for (let row = 0; row < 60; row += 10) assert.ok(lost(row, row + 10) > 20, `no letters in rows ${row} to ${row + 9}`);
  const right = Array.from({ length: 61 }, (_, row) => picture.data.slice(row * 90 + 70, row * 90 + 90)).flatMap(
    (part) => [...part],
  );
  assert.ok(right.includes(0)); // lines reach the right end
});

test("pictures that do not fit are refused in one line that names the file", async () => {
  await refuses(
    () => openOperator(`mask:image=${at("mask.png")}`, { shape: [3, 3] }),
    /mask\.png: mask: is \[2, 3\], expected one number a pixel of \[3, 3\]/,
  );
  await refuses(() => openOperator(`mask:image=${at("no.png")}`, { shape: [3, 3] }), /no\.png/);
  await refuses(
    () => openOperator("mask:text=a", { shape: [9] }),
    /^mask\(text=a\): expected images \[h, w\], got signals of \[9\]$/,
  );
});

test.run();
