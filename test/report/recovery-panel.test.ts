import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { heatPicture } from "../../src/report/heat.ts";
import { recoveryPanel, recoverySvg } from "../../src/report/recovery-panel.ts";
import { decoded } from "./decoded.ts";

const test = suite("recovery panel");
const filled = (value: number, shape: number[]) =>
  ndarray(new Float32Array(shape.reduce((a, b) => a * b)).fill(value), shape);
const images = (svg: string) => svg.match(/<image /g)?.length ?? 0;
const titles = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, words]) => words);

test("a column for each thing known and a row for each signal, with a legend of both scales", async () => {
  const estimate = filled(0.5, [2, 4, 4]);
  const deviation = filled(0.1, [2, 4, 4]);
  deviation.set(1, 0, 0, 0.25);
  const all = { truth: filled(1, [2, 4, 4]), measured: filled(0, [2, 3, 3]), samples: filled(0, [2, 3, 4, 4]) };
  const svg = await recoverySvg({ title: "a <b>", estimate, deviation, ...all });
  assert.is(images(svg), 2 * (1 + 1 + 1 + 1 + 3) + 2); // and two bars of the legend
  for (const words of [
    "a &lt;b&gt;",
    "truth",
    "measured",
    "standard deviation",
    "sample 3",
    "0.25, largest standard deviation",
  ]) {
    assert.ok(titles(svg).includes(words), words);
  }
  const back = await recoverySvg({ title: "t", estimate, measured: filled(0, [2, 4, 4]), backProjected: true });
  assert.ok(titles(back).includes("Φ′y") && !titles(back).includes("measured"));
  assert.is(images(await recoverySvg({ title: "t", estimate })), 2 + 1);
  for (const [value, words] of [
    [0.1, "0.1, largest standard deviation"],
    [0, "0, largest standard deviation"],
  ] as const) {
    const even = await recoverySvg({ title: "t", estimate, deviation: filled(value, [2, 4, 4]) });
    assert.ok(titles(even).includes(words), `${words}: ${titles(even)}`);
  }
});

test("the PNG holds the estimate's grey and the deviation's colours, each at its place", async () => {
  const estimate = ndarray(Float32Array.of(0, 1, 0.6, 0.6), [1, 2, 2]);
  const deviation = ndarray(Float32Array.of(0, 0, 0, 0.2), [1, 2, 2]);
  const { at } = await decoded(await recoveryPanel({ title: "", estimate, deviation }));
  // 2×2 pixels shown as 100×100, from 36 right and 34 + 24 down; twice that in the PNG
  const pixel = (left: number, row: number, column: number) =>
    at(2 * (left + 25 + 50 * column), 2 * (34 + 24 + 25 + 50 * row)).slice(0, 3);
  assert.equal(pixel(36, 0, 0), [0, 0, 0]);
  assert.equal(pixel(36, 0, 1), [255, 255, 255]);
  assert.equal(pixel(36, 1, 0), [153, 153, 153]);
  const second = 36 + 100 + 8 + (8 * "standard deviation".length - 100) / 2;
  assert.equal(pixel(second, 0, 0), [0, 0, 4]);
  assert.equal(pixel(second, 1, 1), [252, 255, 164]);
});

test("colour images; values that are no grey levels are shown in their own range, which the legend says", async () => {
  const data = Float32Array.from({ length: 2 * 2 * 3 }, (_, i) => 20 * i);
  const estimate = ndarray(data, [1, 2, 2, 3]);
  const svg = await recoverySvg({ title: "", estimate, deviation: estimate });
  assert.ok(titles(svg).includes("220"));
  assert.equal(images(svg), 2 + 2);
  const fixed = await recoverySvg({ title: "", estimate, range: [0, 255] });
  assert.ok(titles(fixed).includes("255"));
});

test("a back-projection is stretched, and many signals and samples are cut, which the panel says", async () => {
  const estimate = filled(0.5, [20, 2, 2]);
  const measured = filled(-9, [20, 2, 2]);
  const svg = await recoverySvg({ title: "", estimate, measured, samples: filled(0, [20, 9, 2, 2]) });
  const words = "each measured image in its own range; signals 1 to 16 of 20, samples 1 to 8 of 9";
  assert.ok(titles(svg).includes(words));
  assert.is(images(svg), 16 * (2 + 8) + 1);
});

test("one-dimensional signals are lines with a band of 90 %", async () => {
  const estimate = ndarray(Float32Array.of(0, 1, 2, 0, 5, 0), [2, 3]);
  const deviation = filled(0.5, [2, 3]);
  const svg = await recoverySvg({ title: "t", estimate, deviation, truth: estimate, samples: filled(1, [2, 4, 3]) });
  assert.is(svg.match(/class="area" style="fill:var\(--s5\)"/g)!.length, 2);
  for (const words of ["signal 1", "signal 2", "estimate", "90 % band", "truth", "samples"]) {
    assert.ok(titles(svg).includes(words), words);
  }
  assert.not.ok(titles(svg).includes("measured"));
  assert.is((await decoded(await recoveryPanel({ title: "t", estimate }))).width, 1280);
});

test("constant and non-finite values draw without NaN", async () => {
  const estimate = filled(3, [1, 4]);
  assert.not.match(await recoverySvg({ title: "", estimate }), /NaN|Infinity|undefined/);
  const broken = filled(Number.NaN, [1, 4]);
  assert.not.match(await recoverySvg({ title: "", estimate, truth: broken }), /NaN|Infinity|undefined/);
  const zero = filled(0, [1, 2, 2]);
  assert.not.match(await recoverySvg({ title: "", estimate: zero, deviation: zero }), /NaN|Infinity|undefined/);
});

test("heat goes from black to pale yellow and is cut off at both ends", () => {
  const { pixels } = heatPicture([-1, 0, 1, 2], 2, 2, 1);
  assert.equal([...pixels], [0, 0, 4, 0, 0, 4, 252, 255, 164, 252, 255, 164]);
});

test("arrays that do not belong together are refused by name", async () => {
  const estimate = filled(0, [2, 4, 4]);
  const refused: [object, RegExp][] = [
    [{ estimate: filled(0, [2, 3, 3, 5]) }, /^recoveryPanel: estimate: expected .* got \[2,3,3,5\]$/],
    [{ truth: filled(0, [2, 4]) }, /^recoveryPanel: truth: expected \[2,4,4\] like the estimate, got \[2,4\]$/],
    [{ samples: filled(0, [2, 4, 4]) }, /^recoveryPanel: samples: expected \[2,k,4,4\], got \[2,4,4\]$/],
    [{ measured: filled(0, [3, 4, 4]) }, /^recoveryPanel: measured: expected 2 rows like the estimate, got \[3,4,4\]$/],
  ];
  for (const [given, message] of refused) {
    const error = await recoverySvg({ title: "", estimate, ...given }).then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
    assert.match(error ?? "no error", message);
  }
});

test.run();
