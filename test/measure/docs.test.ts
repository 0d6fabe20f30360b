import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { operatorNames } from "../../operators/registry.ts";
import { codeBlocks } from "../../scripts/readme.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { openOperator } from "../../src/measure/index.ts";
import { noiseFiles, noises, parseNoise } from "../../src/measure/noise/registry.ts";
import { scratch } from "../data/tiny.ts";
import { apply, difference, draw, floats } from "../operators/draws.ts";

const test = suite("docs/measurements.md");
const text = readFileSync(path.resolve(import.meta.dirname, "../../docs/measurements.md"), "utf8");
const at = scratch();

/** The specs in the first column of the table of a section. */
function specsOf(section: string): string[] {
  const from = text.indexOf("| spec |", text.indexOf(`\n## ${section}\n`));
  const lines = text.slice(from, text.indexOf("\n\n", from)).split("\n").slice(2);
  return lines.flatMap((line) => [...line.split("|")[1]!.matchAll(/`([^`]+)`/g)].map(([, spec]) => spec!));
}

test("names every operator, and the specs of its table are understood", async () => {
  const specs = specsOf("Operators");
  for (const name of operatorNames)
    assert.ok(
      specs.some((spec) => spec.split(":")[0] === name),
      name,
    );
  for (const [name, shape] of [
    ["A.npy", [9, 256]],
    ["k.npy", [3, 3]],
    ["mask.npy", [16, 16]],
  ] as const) {
    writeFileSync(at(name), encodeNpy(draw(1, shape)));
  }
  process.chdir(at("."));
  for (const spec of specs) await openOperator(spec, { shape: [16, 16] });
});

test("names every noise model and every option of it, and the specs of its table are understood", () => {
  const specs = specsOf("Noise models");
  for (const [name, { options }] of Object.entries(noises)) {
    assert.ok(
      specs.some((spec) => spec.split(":")[0] === name),
      name,
    );
    for (const option of Object.keys(options)) assert.match(text, new RegExp(`\\b${option}\\b`));
  }
  for (const spec of specs) {
    const files = noiseFiles(spec).map((file) => [file, floats([1, 2], [2])]);
    assert.is(parseNoise(spec, Object.fromEntries(files)).spec, spec);
  }
});

test("its module is an operator", async () => {
  const [block] = codeBlocks(text).filter(({ language }) => language === "js");
  writeFileSync(at("mine.mjs"), block!.code);
  const operator = await openOperator(at("mine.mjs"), { shape: [2, 4] });
  const y = await apply(operator.forward, floats([0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 4]));
  assert.equal(y.shape, [1, 2, 2]);
  assert.ok(difference(y.data, [0, 2, 4, 6].map(Math.log1p)) < 1e-6); // float32 logarithms
});

test.run();
