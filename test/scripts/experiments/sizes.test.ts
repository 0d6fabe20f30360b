import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Result } from "../../../scripts/experiments/sizes/result.ts";
import { sizes } from "../../../scripts/experiments/sizes.ts";
import { encodeNpy, stream } from "../../../src/data/index.ts";
import { inProcess } from "../../cli/spawn.ts";
import { scratch } from "../../data/tiny.ts";

const test = suite("sizes");
const file = scratch();

/** Images of 4 × 4 pixels, each with one smooth bump at a random place of a closed line: a curve, which few cells cannot follow. */
function bumps(name: string, count: number): string {
  const random = stream(1, name);
  const images = new Float32Array(16 * count);
  for (let row = 0; row < count; row++) {
    const place = 16 * random.uniform();
    for (let p = 0; p < 16; p++) {
      const distance = Math.min(Math.abs(p - place), 16 - Math.abs(p - place));
      images[16 * row + p] = Math.exp(-(distance ** 2) / 2);
    }
  }
  writeFileSync(file(name), encodeNpy(ndarray(images, [count, 4, 4])));
  return file(name);
}

const run = (line: string) => inProcess(["sizes", ...line.split(" "), "--quiet"], { sizes });

const data = `${bumps("data.npy", 2000)} --test ${bumps("test.npy", 100)}`;
const settings = "--limit 40 --operator gaussian:m=3 --operator mask:keep=0.5 --pilot-size 100";

test("a line for every size: larger sketches take more bytes and recover better; a size too small is refused", async () => {
  const out = file("report");
  const wanted = "--sketch-size 4k --sketch-size 100 --sketch-size 700";
  const { code, stdout, stderr } = await run(`${data} ${settings} ${wanted} --out ${out}`);
  assert.equal([code, stderr], [0, ""]);
  const names = stdout.split("\n").slice(2, 7);
  for (const [i, start] of [/^100 +refused$/, /^700 +\d/, /^4k +\d/, /^100 of the pilot alone +refused$/].entries()) {
    assert.match(names[i]!, start);
  }
  assert.match(names[4]!, /^Gaussian of 4k +\d/);
  assert.match(stdout, /^100 refused: sketch size: 100 numbers /m);
  assert.match(stdout, /2 000 are 128\.0 kB, by gzip \d/);

  const result = JSON.parse(readFileSync(path.join(out, "sizes.json"), "utf8")) as Result;
  const [refused, small, large] = result.sizes;
  assert.ok("refused" in refused! && "errors" in small! && "errors" in large!);
  assert.ok(small.size.numbers <= 700 && 700 < large.size.numbers && large.size.numbers <= 4000);
  assert.ok(small.size.bytes.all < large.size.bytes.all);
  const [few, pixels] = [0, 1].map((i) => [small.errors[i]!.mse, large.errors[i]!.mse]);
  assert.ok(few![1]! < few![0]! && pixels![1]! < pixels![0]!, `${few}; ${pixels}`);

  const svg = readFileSync(path.join(out, "sizes.svg"), "utf8");
  assert.is(svg.match(/class="mark/g)!.length, 2 + 2 * 2); // the legend's, and two operators at two sizes
  for (const shown of ["gaussian(m=3)", "the data, 128.0 kB", "the data by gzip, "])
    assert.ok(svg.includes(shown), shown);
});

test("what cannot be run ends in one line that says why", async () => {
  const refuses = async (line: string, said: string) => {
    const { code, stderr } = await run(`${line} --out ${file("never")}`);
    assert.equal([code, stderr], [1, `error: ${said}\n`]);
  };
  await refuses(`${data} --sketch-size many`, '--sketch-size: expected a number such as 300k or 1M, got "many"');
  await refuses("ring", "--test: ring has no test part; name the data set of the signals to recover");
});

test.run();
