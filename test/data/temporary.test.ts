import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeAtomic } from "../../src/data/index.ts";
import { temporaryName } from "../../src/data/temporary.ts";
import { scratch } from "./tiny.ts";

const test = suite("temporary files");
const at = scratch();
const files = path.resolve(import.meta.dirname, "../../src/data/files.ts");

/** A process that writes a file without end, in `folder`. */
const writer = (folder: string) => {
  const program = `const { writeAtomic } = await import(${JSON.stringify(files)});
    for (;;) await writeAtomic("x.bin", new Uint8Array(4e7));`;
  return spawn(process.execPath, ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program], {
    cwd: folder,
  });
};
const temporaries = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".tmp"));

test("what a killed writer left goes with the next write of the target; what a living one writes stays", async () => {
  mkdirSync(at("killed"));
  const folder = at("killed");
  for (let tries = 0; temporaries(folder).length === 0; tries++) {
    assert.ok(tries < 20, "the writer was never killed in the middle");
    const child = writer(folder);
    while (temporaries(folder).length === 0) await sleep(5);
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  const left = temporaries(folder);
  const alive = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
  const own = path.basename(temporaryName("x.bin"));
  const named = (pid: number | string) => own.replace(`.${process.pid}.`, `.${pid}.`);
  const others = [
    named(alive.pid!),
    own, // of this process, now
    left[0]!.replace(/^\.x\.bin\.[^.]+/, ".x.bin.elsewhere"), // a number that runs no more here, but may in another container
    left[0]!.replace("x.bin", "y.bin"), // another target's
    left[0]!.replace(".tmp", ".npz"),
  ];
  for (const name of others) writeFileSync(path.join(folder, name), "");
  await writeAtomic(path.join(folder, "x.bin"), "new");
  assert.is(readFileSync(path.join(folder, "x.bin"), "utf8"), "new");
  assert.equal(readdirSync(folder).sort(), [...others, "x.bin"].sort());
  alive.kill();
});

test("what is older than a day goes, whoever wrote it", async () => {
  mkdirSync(at("old"));
  const file = path.join(at("old"), "x.bin");
  const left = temporaryName(file);
  for (const name of [left, left.replace(/x\.bin\.\w+/, "x.bin.elsewhere")]) {
    writeFileSync(name, "");
    utimesSync(name, 1e9, 1e9);
  }
  await writeAtomic(file, "new");
  assert.equal(readdirSync(at("old")), ["x.bin"]);
});

test("two copies of this module in one process never take one name, nor remove each other's file", async () => {
  mkdirSync(at("two"));
  const file = path.join(at("two"), "x.bin");
  const source = (name: string) => pathToFileURL(path.resolve(import.meta.dirname, `../../src/data/${name}`)).href;
  const other: typeof import("../../src/data/temporary.ts") = await import(`${source("temporary.ts")}?copy`);
  const names = Array.from({ length: 50 }, () => [temporaryName(file), other.temporaryName(file)]).flat();
  assert.is(new Set(names).size, names.length);
  const being = other.temporaryName(file);
  writeFileSync(being, "half");
  await Promise.all([writeAtomic(file, "a"), writeAtomic(file, "b"), other.sweepTemporaries(file)]);
  assert.is(readFileSync(being, "utf8"), "half");
  assert.match(readFileSync(file, "utf8"), /^[ab]$/);
  assert.equal(readdirSync(at("two")).sort(), [path.basename(being), "x.bin"].sort());
});

test.run();
