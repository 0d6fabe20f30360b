import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy, stream } from "../../src/data/index.ts";
import { blockRows, pilotRowsFor } from "../../src/sketch/index.ts";
import { program } from "../cli/spawn.ts";

const test = suite("large samples");
const folder = mkdtempSync(path.join(os.tmpdir(), "sketchprior-large-"));
const SIDE = 256;

/** Images of a wave along each axis, as bytes. */
function writeImages(file: string, count: number): void {
  const random = stream(1, "large images");
  const data = new Uint8Array(count * SIDE * SIDE);
  const wave = () => {
    const [frequency, phase] = [random.normal() / 20, 6 * random.uniform()];
    return Float64Array.from({ length: SIDE }, (_, i) => 60 * Math.sin(frequency * i + phase));
  };
  for (let at = 0; at < data.length; ) {
    const [across, down] = [wave(), wave()];
    for (const v of down) for (const u of across) data[at++] = 128 + u + v;
  }
  writeFileSync(file, encodeNpy(ndarray(data, [count, SIDE, SIDE])));
}

/** Code that makes a process print its peak memory in kB when it ends. */
const TELL_PEAK = "process.once('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))";

/** The most memory that sketching a file took, MB. */
async function peakOf(file: string): Promise<number> {
  const words = [file, "--features", "pca:10", "--pilot", "100", "--frequencies", "64", "-o", `${file}.npz`, "--quiet"];
  const told = ["--import", `data:text/javascript,${encodeURIComponent(TELL_PEAK)}`];
  const child = spawn(process.execPath, [...told, ...program, "sketch", ...words, "--threads", "1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.is(code, 0, said);
  return Number(/peak (\d+)$/.exec(said)![1]) / 1000;
}

test("images of 256 × 256 are sketched in principal components, in memory that does not grow with their number", async () => {
  const [few, many] = [path.join(folder, "few.npy"), path.join(folder, "many.npy")];
  writeImages(few, 120);
  writeImages(many, 500);
  const [some, more] = [await peakOf(few), await peakOf(many)];
  // 380 images more are 100 MB in float32. Garbage is collected when it pleases; two blocks are 34 MB.
  assert.ok(more < some + 60, `${some} and ${more} MB`);
  assert.ok(more < 550, `${more} MB`); // the program takes 200, the pilot 26, its copies and those of blocks the rest
});

test("pilots and blocks are bounded by bytes, and a pilot has samples for the components asked for", () => {
  const pilots = [784, 12_288, 65_536, 196_608].map((d) => pilotRowsFor(d));
  assert.equal(pilots, [5000, 1365, 500, 170]);
  assert.is(pilotRowsFor(196_608, 100), 200);
  const rows = (shape: readonly number[], labels?: number) =>
    blockRows({
      shape,
      ...(labels !== undefined && { labels }),
      features: { kind: "pca", components: 100 },
      families: [{ kind: "fourier", law: "gaussian", scales: [1], m: 4096, seed: 1, draw: "independent" }],
    });
  assert.equal([rows([28, 28]), rows([64, 64, 3]), rows([256, 256]), rows([256, 256, 3])], [512, 256, 64, 16]);
  assert.equal([rows([28, 28], 2), rows([28, 28], 10)], [1024, 2048]); // every label adds its own sums once a block
});

test.run();
