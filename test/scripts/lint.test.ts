import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("lint");
const root = path.resolve(import.meta.dirname, "../..");

/** A checkout of the linter's own files and one well-formed source file. */
function checkout(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sketchprior-lint-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["biome.json", "package.json", ".gitignore", "scripts/lint.ts"]) {
    cpSync(path.join(root, name), path.join(folder, name));
  }
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"), "junction");
  write(folder, "src/index.ts", "export const one = 1;\n");
  return folder;
}

function write(folder: string, name: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

const lint = (cwd: string) =>
  spawnSync(process.execPath, ["--import", import.meta.resolve("tsx"), "scripts/lint.ts"], { cwd, encoding: "utf8" });
const git = (cwd: string, ...words: string[]) => spawnSync("git", words, { cwd, encoding: "utf8" }).status;

(git(root, "--version") === 0 ? test : test.skip)(
  "files that git does not track are left alone, tracked ones not",
  () => {
    const folder = checkout();
    assert.is(git(folder, "init", "--quiet"), 0);
    assert.is(git(folder, "add", "."), 0);
    write(folder, "mixture/prior.json", '{"a":   1}');
    write(folder, "mine.ts", "let a = 1");
    const good = lint(folder);
    assert.is(good.status, 0, good.stderr);
    assert.is(git(folder, "add", "mine.ts"), 0);
    const bad = lint(folder);
    assert.is(bad.status, 1);
    assert.match(bad.stderr, /mine\.ts/);
    assert.not.match(bad.stderr, /prior\.json/);
  },
);

test("without git, the folders of the source are checked and nothing else", () => {
  const folder = checkout();
  write(folder, "mixture/prior.json", '{"a":   1}');
  const good = lint(folder);
  assert.is(good.status, 0, good.stderr);
  write(folder, "src/bad.ts", "let a = 1");
  assert.match(lint(folder).stderr, /src\/bad\.ts/);
});

test.run();
