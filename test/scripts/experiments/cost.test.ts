import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cost } from "../../../scripts/experiments/cost.ts";
import { inProcess } from "../../cli/spawn.ts";

const test = suite("cost");

test("costs are timed for every number of samples up to the most, and drawn as an SVG of its own", async () => {
  const out = mkdtempSync(path.join(os.tmpdir(), "sketchprior-cost-"));
  try {
    const words = ["cost", "--samples", "1000", "--steps", "1", "--json", "--out", out];
    const { code, stdout, stderr } = await inProcess(words, { cost });
    assert.is(code, 0, stderr);
    const { costs } = JSON.parse(stdout) as { costs: { n: number; seconds: number[] }[] };
    assert.equal(
      costs.map(({ n, seconds }) => [n, seconds.length]),
      [[1000, 3]],
    );
    assert.ok(costs[0]!.seconds.every((s) => s > 0));
    const svg = readFileSync(path.join(out, "cost.svg"), "utf8");
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (const name of ["sketch pass, once", "step from the sketch", "step of exact MMD", "samples n", "seconds"]) {
      assert.match(svg, `>${name}</text>`);
    }
    const opened = svg.match(/<[a-z]+[^>]*[^/]>/g)!.length;
    assert.is(opened, svg.match(/<\/[a-z]+>/g)!.length);
  } finally {
    rmSync(out, { recursive: true });
  }
});

test.run();
