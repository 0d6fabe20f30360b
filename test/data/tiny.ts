import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as assert from "uvu/assert";
import { type Dataset, InputError } from "../../src/data/index.ts";

/** A folder for one test file, removed when its process ends. */
export function scratch(): (name: string) => string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sketchprior-test-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return (name) => path.join(folder, name);
}

/** Fails unless `body` rejects with an InputError whose message is one line and matches. */
export async function refuses(body: () => unknown, message: RegExp): Promise<void> {
  try {
    await body();
  } catch (error) {
    assert.instance(error, InputError);
    assert.match((error as Error).message, message);
    assert.not.match((error as Error).message, /\n/);
    return;
  }
  assert.unreachable(`expected a refusal that matches ${message}`);
}

/** Whether `python3` has NumPy, for tests that read its files. */
export const numpy = spawnSync("python3", ["-c", "import numpy"]).status === 0;
if (!numpy) console.log("(python3 has no NumPy here: tests that need it are skipped)");

/** What a Python program prints; it must end well. */
export function python(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program, ...args], { encoding: "utf8" });
  assert.is(status, 0, stderr);
  return stdout.trim();
}

/** An IDX file of 8-bit numbers. */
export function idxBytes(shape: readonly number[], data: ArrayLike<number>, type = 8): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head[2] = type;
  head[3] = shape.length;
  for (const [i, n] of shape.entries()) head.writeUInt32BE(n, 4 + 4 * i);
  return Buffer.concat([head, Buffer.from(Array.from(data))]);
}

/** Every batch size and range gives the same rows, in order. */
export async function reads(dataset: Dataset, shape: readonly number[], want: ArrayLike<number>): Promise<void> {
  const width = shape.reduce((a, b) => a * b, 1);
  const count = want.length / width;
  assert.equal([dataset.count, dataset.shape], [count, [...shape]]);
  for (const size of [1, 3, 100]) {
    for (const [from, to] of [
      [0, count],
      [Math.min(2, count), count],
      [1, Math.min(4, count)],
      [1, 1],
    ] as const) {
      let row: number = from;
      for await (const { first, data } of dataset.batches(size, { from, to })) {
        assert.is(first, row);
        assert.is(data.shape[0], Math.min(size, to - row));
        assert.equal([...data.data], [...Array.from(want).slice(row * width, (row + data.shape[0]!) * width)]);
        row += data.shape[0]!;
      }
      assert.is(row, to);
    }
  }
}
