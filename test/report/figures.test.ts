import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { across, linearAxis, logAxis, plotted, tickText, upwards, withoutOverlap } from "../../src/report/axes.ts";
import { figureFormats } from "../../src/report/figure.ts";
import { STYLES } from "../../src/report/legend.ts";
import { linePlotFile, linesOf } from "../../src/report/plot.ts";
import { pngOfSvg } from "../../src/report/raster.ts";
import { dots, line, svg, svgFile, text } from "../../src/report/svg.ts";
import { decoded } from "./decoded.ts";

const test = suite("figures");
const small = (...parts: string[]) => svg(20, 20, "a & b", parts);

test("axes place their ends at the ends of the frame and label round numbers inside", () => {
  const steps = linearAxis(0, 4000, across(), "step");
  assert.equal([steps.place(0), steps.place(4000)], [...across()]);
  assert.equal(steps.ticks, [0, 1000, 2000, 3000, 4000]);
  assert.equal(linearAxis(0, 600, across(), "step").ticks, [0, 200, 400, 600]);
  assert.equal(linearAxis(-0.13, 0.31, across(), "x", 4).ticks, [0, 0.2]);
  const loss = logAxis(-3, -1, upwards(), "loss");
  const [from, to] = upwards();
  assert.ok(Math.abs(loss.place(0.01) - (from + to) / 2) < 1e-9);
  assert.equal(loss.ticks, [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]);
  assert.equal(logAxis(-4, 0, upwards(), "loss").ticks, [1e-4, 1e-3, 0.01, 0.1, 1]);
});

test("a tick's text is its number with all its digits", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [0.1 + 0.2, "0.3"],
    [-0.5, "−0.5"],
    [250_000, "250000"],
    [1e6, "10⁶"],
    [2.5e6, "2.5·10⁶"],
    [-1e7, "−10⁷"],
    [2e-5, "2·10⁻⁵"],
  ];
  for (const [value, shown] of cases) assert.is(tickText(value), shown);
});

test("labels that would run into each other are left out", () => {
  const place = (value: number) => 30 * value; // pixels; a label of one letter takes 8
  assert.equal(withoutOverlap([0, 1, 2], place), [0, 1, 2]);
  assert.equal(withoutOverlap([0, 0.3, 2], place), [0, 2]);
});

test("an SVG holds the marks, escaped", () => {
  const drawn = small(
    dots("s1", [
      [1, 2],
      [3, 4.25],
    ]),
    text([5, 6], "<z>", { anchor: "end", turned: true }),
  );
  assert.match(drawn, /aria-label="a &amp; b"/);
  assert.match(drawn, /<g class="s1"><path style="[^"]+" d="M1 2h\.01M3 4\.3h\.01"\/><\/g>/);
  assert.match(drawn, /<text transform="translate\(5 6\) rotate\(-90\)" text-anchor="end">&lt;z&gt;<\/text>/);
  assert.is(line("s0", []), "");
});

test("a PNG has twice the size, lines where they are said, in the colours of the light page", async () => {
  const { at, width, height } = await decoded(
    await pngOfSvg(
      svgFile(
        small(
          line("s0", [
            [2, 5],
            [18, 5],
          ]),
        ),
        20,
      ),
    ),
  );
  assert.equal([width, height], [40, 40]);
  assert.equal(at(20, 10).slice(0, 3), [0, 0x68, 0xb0]);
  assert.equal(at(20, 14).slice(0, 3), [255, 255, 255]);
  assert.equal(at(39, 10).slice(0, 3), [255, 255, 255]);
});

test("text is drawn with the font of the package, on a machine without fonts to the same pixels", async () => {
  const file = svgFile(small(text([10, 15], "σ1")), 20);
  const folder = mkdtempSync(path.join(os.tmpdir(), "fonts-"));
  const none = path.join(folder, "fonts.conf");
  writeFileSync(none, '<?xml version="1.0"?><fontconfig></fontconfig>');
  const raster = new URL("../../src/report/raster.ts", import.meta.url).href;
  const code =
    `const { pngOfSvg } = await import(${JSON.stringify(raster)});` +
    `process.stdout.write(await pngOfSvg(${JSON.stringify(file)}));`;
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", code];
  const bare = execFileSync(process.execPath, args, { env: { ...process.env, FONTCONFIG_FILE: none } });
  const [here, there] = [await decoded(await pngOfSvg(file)), await decoded(bare)];
  assert.equal(there.data, here.data);
  const boxes = await decoded(await pngOfSvg(file.replace("σ1", "\ue000\ue000"))); // a letter of no font
  assert.not.equal(boxes.data, here.data);
});

test("figures are written as HTML, SVG and PNG, whatever their ticks", async () => {
  const x = logAxis(-6, 7, across(), "|ω|");
  const y = linearAxis(0, 4e6, upwards(), "step");
  const figure = { title: "a <b>", words: "w", drawing: plotted("label", x, y, []), caption: "c" };
  const page = figureFormats[".html"](figure);
  for (const shown of ["a &lt;b&gt;", "10⁷", "10⁻⁶", "2·10⁶"]) assert.ok(page.includes(shown), shown);
  assert.match(figureFormats[".svg"](figure), /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="640"/);
  assert.is((await decoded(await figureFormats[".png"](figure))).width, 1280);
});

test("a file of a line plot holds its legend and as many markers as points", () => {
  const points = [1, 10, 100].map((n) => ({ x: n, y: 1 / n, low: Number.NaN, high: Number.NaN }));
  const file = linePlotFile([{ name: "a & b", style: 1, points }], { label: "l", xLabel: "n", yLabel: "s" });
  assert.match(file, />a &amp; b<\/text>/);
  assert.is(file.match(/class="mark"/g)!.length, 1 + 3);
  assert.not.match(file, /NaN|undefined/);
});

test("sixteen series are told apart: the same marker never has the same colour", () => {
  const points = [{ x: 1, y: 1, low: Number.NaN, high: Number.NaN }];
  const series = Array.from({ length: STYLES }, (_, style) => ({ name: `method ${style}`, style, points }));
  const file = linePlotFile(series, { label: "", xLabel: "m", yLabel: "error" });
  const colours = new Map([...file.matchAll(/--s(\d+):(#\w+)/g)].map(([, style, colour]) => [style, colour]));
  const drawn = [...file.matchAll(/<g class="s(\d+)"><polyline.*?<path class="(mark[^"]*)".*? d="([^"]*)"/g)];
  const looks = drawn.map(([, style, kind, shape]) => `${colours.get(style!)} ${kind} ${shape}`);
  assert.is(STYLES, 16);
  assert.is(new Set(looks).size, 16);
  assert.not.match(looks.join(), /undefined/);
});

test("marks of a line plot are lines at their values with their names, also beyond the points", () => {
  const points = [1, 10, 100].map((n) => ({ x: n, y: 1 / n, low: Number.NaN, high: Number.NaN }));
  const marks = [10, 1000].map((x) => ({ x, name: `mark ${x}` }));
  const file = linePlotFile([{ name: "a", style: 1, points }], { label: "l", xLabel: "n", yLabel: "s", marks });
  const [, , ten, hundred] = [...file.matchAll(/translate\(([\d.]+) [\d.]+\)" d/g)].map(([, x]) => Number(x)); // after the legend's
  const lines = [...file.matchAll(/M([\d.]+) [\d.]+L\1 294"\/><text [^>]*>(mark \d+)</g)];
  const at = Object.fromEntries(lines.map(([, x, name]) => [name, Number(x)]));
  assert.equal(Object.keys(at), ["mark 1000", "mark 10"]); // the outermost on top
  assert.is(at["mark 10"], ten);
  assert.ok(Math.abs(at["mark 1000"]! - (2 * hundred! - ten!)) < 0.3); // a decade further; rounded to .1
});

test("headings are broken behind commas where a line has no room", () => {
  const title = "motion(length=9,angle=30,boundary=valid), m = 14880, noise 0.01";
  assert.equal(linesOf(title, 54), ["motion(length=9,angle=30,boundary=valid), m = 14880,", "noise 0.01"]);
  assert.equal(linesOf("blur, m = 9", 54), ["blur, m = 9"]);
  assert.equal(linesOf("without room, m = 9", 8), ["without room,", "m = 9"]);
});

test.run();
