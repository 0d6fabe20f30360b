import { PNG } from "pngjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { across, type Drawing, linearAxis, logAxis, type Mark, upwards } from "../../src/report/drawing.ts";
import { rasterOf } from "../../src/report/raster.ts";
import { svgOf } from "../../src/report/vector.ts";

const test = suite("drawings");

const drawing = (...marks: Mark[]): Drawing => ({ width: 20, height: 20, label: "a & b", marks });
const pixels = (...marks: Mark[]) => {
  const { data, width } = PNG.sync.read(Buffer.from(rasterOf(drawing(...marks))));
  return { at: (x: number, y: number) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)], data };
};

test("axes place their ends at the ends of the frame and label round numbers inside", () => {
  const steps = linearAxis(0, 4000, across, "step");
  assert.equal([steps.place(0), steps.place(4000)], [...across]);
  assert.equal(steps.ticks, [0, 1000, 2000, 3000, 4000]);
  assert.equal(linearAxis(0, 600, across, "step").ticks, [0, 200, 400, 600]);
  const loss = logAxis(-3, -1, upwards, "loss");
  assert.ok(Math.abs(loss.place(0.01) - (upwards[0] + upwards[1]) / 2) < 1e-9);
  assert.equal(loss.ticks, [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]);
  assert.equal(logAxis(-4, 0, upwards, "loss").ticks, [1e-4, 1e-3, 0.01, 0.1, 1]);
});

test("a raster has twice the size, lines where they are said, in the colours of the light page", () => {
  const { at } = pixels({
    kind: "line",
    style: "s0",
    points: [
      [2, 5],
      [18, 5],
    ],
  });
  assert.equal(at(20, 10), [0, 0x68, 0xb0]);
  assert.equal(at(20, 13), [255, 255, 255]);
  assert.equal(at(39, 10), [255, 255, 255]);
});

test("text is its letters: turned, it covers as many pixels; a letter that is not drawn yet is refused", () => {
  const dark = (mark: Mark) => pixels(mark).data.filter((v, i) => i % 4 === 0 && v === 0x1c).length;
  const straight = dark({ kind: "text", at: [10, 18], text: "z1", anchor: "middle" });
  assert.is(straight, 9 * (13 + 10)); // dots of 3 × 3 pixels
  assert.is(dark({ kind: "text", at: [14, 5], text: "z", anchor: "middle", turned: true }), 9 * 13);
  assert.throws(
    () => pixels({ kind: "text", at: [0, 8], text: "Q", anchor: "start" }),
    /letters: no "Q" yet; add it to/,
  );
});

test("an SVG holds the same marks, escaped", () => {
  const svg = svgOf(
    drawing(
      {
        kind: "dots",
        style: "s1",
        points: [
          [1, 2],
          [3, 4.25],
        ],
      },
      { kind: "text", at: [5, 6], text: "<z>", anchor: "end", turned: true },
    ),
  );
  assert.match(svg, /aria-label="a &amp; b"/);
  assert.match(svg, /<g class="s1"><path style="[^"]+" d="M1 2h\.01M3 4\.3h\.01"\/><\/g>/);
  assert.match(svg, /<text transform="translate\(5 6\) rotate\(-90\)" text-anchor="end">&lt;z&gt;<\/text>/);
});

test.run();
