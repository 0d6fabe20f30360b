import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reportCsv } from "../../src/report/data.ts";
import { encodeImage, gridPng, imageFormats, writeImage } from "../../src/report/image-file.ts";
import { reportPage } from "../../src/report/page.ts";
import { pictures } from "../../src/report/picture.ts";
import { comparisonText, short, textTable } from "../../src/report/table.ts";
import { writeReport } from "../../src/report/write.ts";
import { tinyComparison } from "../compare/tiny.ts";
import { decoded } from "./decoded.ts";

const test = suite("report");
const about = { title: "A <title>", paragraphs: ["What was done."], facts: { seed: 1, data: 'a "set"' } };

test("the page names every method and operator, holds one image a signal and column, and escapes what it is given", async () => {
  const page = await reportPage(await tinyComparison(), about);
  for (const word of [
    "grey",
    "black &lt;&amp;&gt;",
    "double",
    "A &lt;title&gt;",
    "What was done.",
    "a &quot;set&quot;",
  ]) {
    assert.ok(page.includes(word), word);
  }
  assert.is(page.match(/<img /g)!.length, 2 * (2 + 2 * 2)); // true, y; grey and black with their error maps
});

test("the page refers to nothing outside it: no network, scripts and images as data", async () => {
  const page = await reportPage(await tinyComparison(), about);
  assert.not.match(
    page.replaceAll("http://www.w3.org/2000/svg", ""),
    /https?:|<script [^>]*src|<link|@import|url\((?!#)/,
  );
  for (const [, source] of page.matchAll(/src="([^"]*)"/g)) assert.match(source!, /^data:image\/png;base64,/);
});

test("tags are balanced, so that no browser has to guess", async () => {
  const page = await reportPage(await tinyComparison(), about);
  for (const tag of ["table", "tbody", "thead", "tr", "svg", "g", "figure", "section", "div", "strong", "small", "p"]) {
    const count = (pattern: string) => page.match(new RegExp(pattern, "g"))?.length ?? 0;
    assert.is(count(`<${tag}[ >]`), count(`</${tag}>`), tag);
  }
});

test("the report folder gets the page, the numbers as JSON with every signal's error, and as CSV", async () => {
  const folder = path.join(mkdtempSync(path.join(os.tmpdir(), "report-")), "new", "folder");
  const paths = await writeReport(folder, await tinyComparison(), about);
  assert.equal(readdirSync(folder).sort(), ["figures", "index.html", "report.csv", "report.json"]);
  const figures = ["errors-double-gaussian-sigma-0.1", "error"];
  const endings = ["svg", "png", "csv", "json"];
  assert.equal(
    readdirSync(path.join(folder, "figures")).sort(),
    figures.flatMap((name) => endings.map((ending) => `${name}.${ending}`)).sort(),
  );
  assert.is(
    readFileSync(path.join(folder, "figures/error.csv"), "utf8"),
    "operator,m,noise,method,error,low,high\ndouble,4,0.1,grey,0.25,0.25,0.25\ndouble,4,0.1,black <&>,0.5,0,1\n",
  );
  assert.ok(paths.every((file) => existsSync(file)));
  const { rows, methods, signals } = JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8"));
  assert.equal([methods, signals], [["grey", "black <&>"], 2]);
  assert.equal(rows[0].errors, [0.25, 0.25]);
});

test("every figure has a file of its own, whatever signs, capitals and lengths its name has", async () => {
  const table = await tinyComparison();
  const operators = [
    "motion(angle=-30)",
    "motion(angle=30)",
    "Motion(angle=30)",
    "a".repeat(300),
    `${"a".repeat(300)}b`,
  ];
  const many = {
    ...table,
    cases: operators.map((operator) => ({ ...table.cases[0]!, operator })),
    rows: operators.flatMap((operator) => table.rows.map((row) => ({ ...row, operator }))),
  };
  const folder = mkdtempSync(path.join(os.tmpdir(), "report-"));
  await writeReport(folder, many, about);
  const histograms = readdirSync(path.join(folder, "figures")).filter((name) => /^errors-.*\.csv$/.test(name));
  const shown = histograms.map((name) => readFileSync(path.join(folder, "figures", name), "utf8").split("\n")[1]!);
  assert.equal(shown.map((line) => line.split(",")[0]).sort(), [...operators].sort());
  assert.is(new Set(histograms.map((name) => name.toLowerCase())).size, operators.length);
  assert.ok(
    histograms.every((name) => name.length <= 110),
    `${histograms}`,
  );
});

test("a report in the folder of an earlier one leaves none of its figures, and all other files", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "report-"));
  const table = await tinyComparison();
  const other = "triple";
  await writeReport(
    folder,
    {
      ...table,
      cases: table.cases.map((one) => ({ ...one, operator: other })),
      rows: table.rows.map((row) => ({ ...row, operator: other })),
    },
    about,
  );
  writeFileSync(path.join(folder, "figures", "error-mine.csv"), "1\n");
  const figures = () => readdirSync(path.join(folder, "figures"));
  assert.ok(figures().includes("errors-triple-gaussian-sigma-0.1.svg"));
  await writeReport(folder, table, about);
  assert.not.ok(figures().some((name) => name.includes("triple")));
  assert.ok(figures().includes("errors-double-gaussian-sigma-0.1.svg") && figures().includes("error-mine.csv"));
});

test("CSV: one line a row after the header, infinite PSNR and missing λ included", async () => {
  const lines = reportCsv(await tinyComparison())
    .trim()
    .split("\n");
  assert.is(lines.length, 3);
  assert.is(lines[0]!.split(",").length, lines[1]!.split(",").length);
  assert.match(lines[1]!, /^double,4,0\.1,gaussian\(sigma=0\.1\),1,grey,0\.25,0\.25,0\.25,0\.25,6\.02/);
});

test("the terminal table marks the smallest error of each operator", async () => {
  const text = comparisonText(await tinyComparison());
  assert.match(text, /grey +0\.25000\*/);
  assert.not.match(text, /0\.50000\*/);
});

test("a text table pads columns and leaves no blank at line ends", () => {
  const table = textTable(
    [{ title: "name" }, { title: "n", align: "right" }],
    [
      ["a", "10"],
      ["long name", "2"],
    ],
  );
  assert.is(table, "name        n\n---------  --\na          10\nlong name   2");
});

test("short numbers: four digits, exponents only where needed", () => {
  const cases: [number | undefined, string][] = [
    [0.123456, "0.1235"],
    [60000, "60000"],
    [1234567, "1.23e+6"],
    [0.00001234, "1.23e-5"],
    [0, "0"],
    [undefined, "–"],
    [Number.POSITIVE_INFINITY, "∞"],
  ];
  for (const [value, text] of cases) assert.is(short(value), text);
});

test("a grid of grey images: size, order of the tiles, and values clipped to [0, 1]", async () => {
  const images = ndarray(Float32Array.of(0, 0, 0, 0, 2, 2, 2, 2, 0.5, 0.5, 0.5, 0.5), [3, 2, 2]);
  const { width, height, channels, at } = await decoded(await gridPng(images, { columns: 2, scale: 3, gap: 1 }));
  assert.equal([width, height, channels], [2 * 7 + 1, 2 * 7 + 1, 1]);
  assert.equal([at(0, 0), at(1, 1), at(6, 6), at(8, 1), at(1, 8), at(8, 8)].flat(), [128, 0, 0, 255, 128, 128]);
});

test("one signal is written pixel for pixel, in every format; JPEG alone is not exact", async () => {
  const image = ndarray(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1), [1, 2, 2, 3]);
  for (const format of imageFormats) {
    const { data, width, channels } = await decoded(await encodeImage(image, format));
    assert.equal([width, channels], [2, 3], format);
    if (!format.startsWith(".jp")) assert.equal([...data], [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255], format);
  }
});

test("writeImage: several signals are a grid, the range is what the user says, other names and shapes are refused", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "image-"));
  const signals = ndarray(Float32Array.of(0, 50, 100, 200), [1, 2, 2]);
  await writeImage(path.join(folder, "a.png"), signals, { range: [0, 200] });
  const { data } = await decoded(readFileSync(path.join(folder, "a.png")));
  assert.equal([...data], [0, 64, 128, 255]);
  await writeImage(path.join(folder, "b.PNG"), ndarray(new Float32Array(12), [3, 2, 2]), { scale: 1, gap: 0 });
  assert.is((await decoded(readFileSync(path.join(folder, "b.PNG")))).width, 4);
  const refusal = async (file: string, shape: number[]) =>
    writeImage(path.join(folder, file), ndarray(new Float32Array(12), shape)).then(
      () => "no error",
      (error: Error) => `${error.name}: ${path.relative(folder, error.message)}`,
    );
  assert.match(await refusal("x.gif", [3, 2, 2]), /^InputError: x\.gif: expected a name that ends in \.png, \.jpg/);
  assert.match(await refusal("x.png", [3, 4]), /^InputError: x\.png: signals of \[4\] are no images; write a \.npy/);
});

test("stretched pictures use the whole grey range", () => {
  const [picture] = pictures(ndarray(Float32Array.of(-10, 0, 10, 5), [1, 2, 2]), "stretch");
  assert.equal([...picture!.pixels], [0, 128, 255, 191]);
});

test("signals that are no pictures, and no images at all, are refused", () => {
  assert.throws(
    () => gridPng(ndarray(new Float32Array(6), [3, 2])),
    /expected images \[n, height, width\].*got \[3,2\]/,
  );
  assert.throws(() => gridPng(ndarray(new Float32Array(0), [0, 2, 2])), /at least one image, got none/);
  assert.throws(() => gridPng(ndarray(new Float32Array(4), [1, 2, 2]), { scale: 0.5 }), /scale: .* got 0\.5/);
});

test.run();
