import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describeOperators, operatorNames, parseOperator } from "../../operators/registry.ts";
import { InputError } from "../../src/data/errors.ts";

const registry = suite("operator specs");
const parse = (spec: string) => parseOperator(spec, [8, 8], 1);

registry("names and options become operators with readable names", () => {
  assert.is(parse("gaussian:m=10").name, "gaussian(m=10)");
  assert.is(parse(" mask : keep = 0.25 ").name, "mask(keep=0.25)");
  assert.is(parse("mask").name, "mask(keep=0.5)");
  assert.is(parse("mask:block=4,top=0,left=1").name, "mask(block=4,top=0,left=1)");
  assert.is(parse("blur:sigma=2,boundary=zero").name, "blur(sigma=2,boundary=zero)");
});

registry("a*b applies b first and remembers the whole spec and the seed", () => {
  const both = parse("gaussian:m=10*blur:sigma=2");
  assert.is(both.name, "gaussian(m=10)*blur(sigma=2)");
  assert.equal(both.source, { spec: "gaussian:m=10*blur:sigma=2", seed: 1 });
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["gausian:m=10", /operator: unknown operator "gausian"; did you mean gaussian\? \(/],
  ["zzzz", new RegExp(`unknown operator "zzzz"; expected one of ${operatorNames.join(", ")}`)],
  ["toString", /unknown operator "toString"/],
  ["", /operator: expected name:key=value/],
  ["gaussian:m=3*", /operator: expected name:key=value/],
  ["gaussian", /gaussian: m is required \(measurements of one signal\); write gaussian:m=…/],
  ["blur*(mask)", /unknown operator "\(mask\)"/],
  ["matrix:file=A.npy", /operator: A\.npy: parseOperator opens no files and draws no texts; use openOperator/],
  ["gaussian:k=10", /gaussian: unknown option "k"; did you mean m\? \(m\)/],
  ["blur:sigm=1", /blur: unknown option "sigm"; did you mean sigma\?/],
  ["gaussian:m=ten", /gaussian: m: expected an integer \(measurements of one signal\), got "ten"/],
  ["gaussian:m=1.5", /gaussian: m: expected an integer .*got "1\.5"/],
  ["gaussian:m", /gaussian: m: expected an integer .*got no value/],
  ["gaussian:m=1,m=2", /gaussian: option m is given twice/],
  ["gaussian:m=-3", /gaussian: m: expected a positive integer, got -3/],
  ["mask:keep=100", /mask: keep: .*up to 64, got 100/],
  ["mask:keep=0.5,block=3", /mask: give one of keep, block, .*, not keep and block/],
  ["mask:top=1", /mask: top and left place a block; give block=<side>/],
  ["mask:block=9", /mask: block: expected a square inside the image of \[8, 8\], got side 9/],
  ["blur:boundary=wrap", /blur: boundary: expected reflect or .*, got "wrap"/],
  ["blur:sigma=-1", /blur: sigma: expected a positive number of pixels, got -1/],
];
for (const [spec, message] of refused) {
  registry(`"${spec}" is refused in one line`, () => {
    try {
      parse(spec);
      assert.unreachable("it was accepted");
    } catch (error) {
      assert.instance(error, InputError);
      assert.match((error as Error).message, message);
      assert.not.match((error as Error).message, /\n/);
    }
  });
}

registry("help names every operator, option and default", () => {
  const text = describeOperators();
  for (const name of operatorNames) assert.match(text, new RegExp(`\\n {2}${name} `));
  assert.match(text, /m=<integer> .*\(required\)/);
  assert.match(text, /sigma=<number> .*\(default 1\)/);
  assert.match(text, /boundary=<reflect\|.*> .*\(default reflect\)/);
});

registry.run();
