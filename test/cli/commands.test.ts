import { readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commandNames, commands } from "../../src/cli/commands/index.ts";
import { filesIn, helpOf, scratch, sketchprior } from "./spawn.ts";

const test = suite("commands");
const { version } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, "../../package.json"), "utf8"));

test("every command has a usage, a sentence and an example, under its own name", () => {
  for (const name of commandNames) {
    const { usage, description, examples } = commands[name];
    assert.is(usage.split(" ")[0], name);
    assert.match(description, /^[A-Z].*\.$/);
    assert.ok(examples.length > 0);
    for (const [line] of examples) assert.match(line, new RegExp(`^sketchprior ${name}( |$)`));
  }
});

test("--help and --version print to stdout alone and end with 0", async () => {
  const [help, ver] = await Promise.all([sketchprior(".", ["--help"]), sketchprior(".", ["--version"])]);
  assert.equal([help!.code, help!.stderr], [0, ""]);
  assert.match(help!.stdout, /^sketchprior <command> \[options\]\n\nRecover signals/);
  for (const name of commandNames) assert.match(help!.stdout, new RegExp(`^  sketchprior ${name}`, "m"));
  assert.equal(ver, { code: 0, stdout: `${version}\n`, stderr: "" });
});

test("--help of every command shows usage, options with defaults and the example", async () => {
  for (const name of commandNames) {
    const stdout = await helpOf(name);
    assert.ok(stdout.startsWith(`sketchprior ${commands[name].usage}\n\n${commands[name].description}\n`), stdout);
    assert.match(stdout, /--seed +seed of every random draw +\[number\] \[default: 1\]/);
    assert.match(stdout, new RegExp(`\nExamples:\n  sketchprior ${name}`));
  }
});

test("the help of merge, exactly", async () => {
  const { stdout } = await sketchprior(".", ["merge", "--help"]);
  assert.snapshot(
    stdout,
    `sketchprior merge <parts..>

Add sketches of one design, or put the parts of a reconstruction together.

Positionals:
  parts  sketch files, all of one design, or all parts of one reconstruction, in any order
                                                                    [array] [required] [default: []]

Options:
      --partial  sketches need not make up whole data sets                                 [boolean]
  -o, --out      file to write the sum to, .npz                                  [string] [required]

Common options:
  -h, --help     Show help                                                                 [boolean]
      --seed     seed of every random draw                                     [number] [default: 1]
      --json     print one JSON object instead of text                                     [boolean]
      --engine   what computes; default: $SKETCHPRIOR_ENGINE or onnx
                                                                  [string] [choices: "onnx", "tfjs"]
      --device   where it computes; default: $SKETCHPRIOR_DEVICE or cpu
                                                                 [string] [choices: "cpu", "webgpu"]
      --threads  threads; default: all processors                                           [number]
      --quiet    no progress and no notes on stderr                                        [boolean]
      --force    replace output that exists already                                        [boolean]
      --debug    print the stack trace of an error                                         [boolean]
      --version  Show version number                                                       [boolean]

Examples:
  sketchprior merge X1.npz X2.npz -o X.npz
      the sketch of both halves together, with the bits of one pass over all
  sketchprior merge X1.npz X2.npz -o half.npz --partial
      of the first two of four parts, to be merged further
  sketchprior merge x1.npz x2.npz -o xhat.npz
      the signals of reconstruct --shard 1/2 and 2/2

A part that would count twice, data of one name that differ, and missing parts are refused; --force
adds sketches all the same.
`,
  );
});

test("one line on stderr, nothing on stdout, exit code 1; with --debug the stack too", async () => {
  const folder = scratch();
  const line = ["sketch", "nowhere.npy", "-o", "X.npz"];
  const [plain, debug] = await Promise.all([sketchprior(folder, line), sketchprior(folder, [...line, "--debug"])]);
  assert.equal(plain, {
    code: 1,
    stdout: "",
    stderr: `error: nowhere.npy: no such file; check the path (looked in ${folder})\n`,
  });
  assert.match(debug!.stderr, /^error: nowhere\.npy: no such file.*\nInputError: .*\n +at /);
  assert.equal(filesIn(folder), []);
});

test("doctor says what runs here, what does not with what to install, and measures the speed", async () => {
  const [text, json] = await Promise.all([sketchprior(".", ["doctor"]), sketchprior(".", ["doctor", "--json"])]);
  assert.equal([text!.code, json!.code], [0, 0]); // stderr may hold what a graphics driver prints by itself
  assert.match(text!.stdout, /^engine onnx +ok: ONNX Runtime/m);
  assert.match(text!.stdout, /^in use +engine onnx, device cpu, \d+ threads$/m);
  assert.match(text!.stdout, /^speed +[\d.]+ GFLOP\/s/m);
  const { engines, devices, speed } = JSON.parse(json!.stdout);
  assert.equal([engines.onnx.available, devices.cpu.available, speed.gflops > 0], [true, true, true]);
  for (const found of [...Object.values<{ available: boolean; install?: string }>(engines), devices.webgpu]) {
    assert.ok(found.available || found.install);
  }
});

test("a bad engine choice fails before any work", async () => {
  const { code, stderr } = await sketchprior(".", ["doctor", "--engine", "tfjs", "--device", "webgpu"]);
  assert.equal(
    [code, stderr],
    [1, 'error: device: the engine tfjs runs on the cpu only, got "webgpu"; use the engine onnx\n'],
  );
});

test.run();
