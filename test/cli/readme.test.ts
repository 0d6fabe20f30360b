import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "./spawn.ts";

const test = suite("README code runner");
const script = path.resolve(import.meta.dirname, "../../scripts/readme.ts");
const fence = "```";

function runOn(markdown: string) {
  const file = path.join(scratch(), "README.md");
  writeFileSync(file, markdown);
  const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", script, file], { encoding: "utf8" });
  return { status, stdout };
}

test("ts blocks import sketchprior from the source, sh lines run the command line, other lines are left out", () => {
  const { status, stdout } = runOn(
    `${fence}ts\nimport { stream } from "sketchprior";\nif (stream(1, "a").uniform() >= 1) throw new Error("no");\n${fence}\n` +
      `${fence}sh\nnpm ci\nnpx sketchprior --version | grep [0-9]\n${fence}\n`,
  );
  assert.is(status, 0, stdout);
  assert.match(
    stdout,
    /ok {3}types of 1 ts blocks.*\nok {3}ts block of line 1 .*\nleft out: npm ci\nok {3}npx sketchprior --version/,
  );
});

test("a block that throws, and one with a wrong type, fail by their line", () => {
  const { status, stdout } = runOn(`# A\n${fence}ts\nconst x: number = "a";\nthrow new Error(x + "!");\n${fence}\n`);
  assert.is(status, 1);
  assert.match(
    stdout,
    /FAIL types[\s\S]*line-2\.ts\(1,7\): error TS2322[\s\S]*FAIL ts block of line 2[\s\S]*Error: a!/,
  );
});

test("a failing command line fails, a file without blocks too", () => {
  assert.match(
    runOn(`${fence}sh\nnpx sketchprior nothing\n${fence}\n`).stdout,
    /FAIL npx sketchprior nothing[\s\S]*error: unknown command/,
  );
  const empty = runOn("No code.\n");
  assert.equal([empty.status, /has no ts block and no sh block/.test(empty.stdout)], [1, true]);
});

test.run();
