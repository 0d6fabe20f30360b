import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defineCommand } from "../../src/cli/command.ts";
import { parse } from "../../src/cli/parse.ts";

const test = suite("command line parsing");

const measure = defineCommand({
  usage: "measure <data>",
  description: "Measure.",
  examples: [["sketchprior measure mnist -o y.npz", "all of it"]],
  options: (y) =>
    y
      .positional("data", { type: "string", demandOption: true })
      .option("out", { alias: "o", type: "string", demandOption: true, requiresArg: true })
      .option("operator", { type: "string", array: true, nargs: 1 })
      .option("law", { type: "string", choices: ["gaussian", "folded-gaussian"] as const })
      .option("noise", { type: "number", default: 0, requiresArg: true }),
  run: async () => ({ text: "", data: {} }),
});
const inspect = { ...measure, usage: "inspect <data>" };
const line = (text: string) => parse({ measure, inspect }, text.split(" ").filter(Boolean), "1.2.3");

test("a good line gives the command and its arguments, with defaults", async () => {
  const parsed = await line("measure mnist -o y.npz --operator a --operator b --noise 0.5");
  const args = parsed!.args as unknown as Record<string, unknown>;
  assert.is(parsed!.name, "measure");
  assert.equal([args.data, args.out, args.operator, args.noise, args.seed], ["mnist", "y.npz", ["a", "b"], 0.5, 1]);
});

test("an option that takes one value a time does not swallow the argument after it", async () => {
  const args = (await line("measure -o y --operator a mnist"))!.args as unknown as Record<string, unknown>;
  assert.equal([args.operator, args.data], [["a"], "mnist"]);
});

const refused: [line: string, message: RegExp][] = [
  ["", /^no command given; sketchprior --help lists them$/],
  ["mesure mnist", /^unknown command "mesure"; did you mean measure\? \(measure, inspect\)$/],
  ["measure", /^missing argument; see sketchprior measure --help$/],
  ["measure mnist", /^missing option --out; see sketchprior measure --help$/],
  ["measure mnist --ot y", /^unknown option --ot; did you mean --out\?$/],
  ["measure mnist -o y --nois 1", /^unknown option --nois; did you mean --noise\?$/],
  ["measure mnist -o y --zzzzzz 1", /^unknown option --zzzzzz; see --help$/],
  ["measure mnist -o", /^-o: expected a value, got none$/],
  ["measure mnist more -o y", /^unexpected argument more; see sketchprior measure --help$/],
  ["measure mnist -o y --noise much", /^--noise: expected a number, got "much"$/],
  ["measure mnist -o y --noise=much", /^--noise: expected a number, got "much"$/],
  ["measure mnist -o y --noise 1 --noise 2", /^--noise: expected one value, got 2$/],
  ["measure mnist -o y -o z", /^--out: expected one value, got 2$/],
  ["measure mnist -o y --law gausian", /^--law: unknown value "gausian"; did you mean gaussian\? \(gaussian, folded/],
  ["measure mnist -o y --engine torch", /^--engine: unknown value "torch"; expected one of onnx, tfjs$/],
];

for (const [text, message] of refused) {
  test(`"${text}" is refused with what to type instead`, async () => {
    const error = await line(text).then(
      () => assert.unreachable("was accepted"),
      (e: Error) => e,
    );
    assert.match(error!.message, message);
    assert.is(error!.name, "UsageError");
  });
}

test.run();
