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

/**
 * Code that makes a process print, when it ends, the most MB of arrays that were in use at any of its looks, twenty a second where the program waits. Garbage is collected before every look:
 * what V8 has not yet collected depends on its version and the machine's load, not on the program. Peaks of whole processes: scripts/bench.
 */
const TELL_ARRAYS = `
  import v8 from "node:v8";
  import vm from "node:vm";
  v8.setFlagsFromString("--expose-gc");
  const gc = vm.runInNewContext("gc");
  let most = 0;
  setInterval(() => {
    gc();
    most = Math.max(most, process.memoryUsage().arrayBuffers / 1e6);
  }, 50).unref();
  process.once("exit", () => process.stderr.write("arrays " + most));`;

/** The most MB of arrays that sketching a file needs at once. */
async function arraysOf(file: string): Promise<number> {
  const words = [file, "--features", "pca:10", "--pilot", "100", "--frequencies", "64", "-o", `${file}.npz`, "--quiet"];
  const told = ["--import", `data:text/javascript,${encodeURIComponent(TELL_ARRAYS)}`];
  const child = spawn(process.execPath, [...told, ...program, "sketch", ...words, "--threads", "1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  assert.is(code, 0, said);
  return Number(/arrays ([\d.]+)$/.exec(said)![1]);
}

test("images of 256 × 256 are sketched in principal components, with arrays that do not grow with their number", async () => {
  const [few, many] = [path.join(folder, "few.npy"), path.join(folder, "many.npy")];
  writeImages(few, 120);
  writeImages(many, 1500);
  const [some, more] = [await arraysOf(few), await arraysOf(many)];
  // Measured: 82 to 116 MB, the pilot, its copies and those of two blocks, or of four where the reader is ahead: which of them a look meets depends
  // on the machine's load. 1380 images more are 90 MB as bytes, 360 MB in float32.
  assert.ok(some > 20, `${some} MB of arrays: none were seen`);
  assert.ok(more < some + 60, `${some} and ${more} MB of arrays`);
  assert.ok(more < 150, `${more} MB of arrays`);
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
