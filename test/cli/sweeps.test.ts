import { suite } from "uvu";
import * as assert from "uvu/assert";
import { settingsOf, sweptSettings } from "../../src/cli/compared-settings.ts";
import { swept } from "../../src/cli/sweeps.ts";

const test = suite("sweeps");

test("a number after a comma is one more value of the option before it", () => {
  const cases: [string, string[]][] = [
    ["gaussian:m=10,25,50", ["gaussian:m=10", "gaussian:m=25", "gaussian:m=50"]],
    ["gaussian:m=10", ["gaussian:m=10"]],
    ["identity", ["identity"]],
    ["0.01,0.1", ["0.01", "0.1"]],
    ["1e-3, .1", ["1e-3", ".1"]],
    ["blur:sigma=1,2,boundary=circular", ["blur:sigma=1,boundary=circular", "blur:sigma=2,boundary=circular"]],
    ["poisson-gaussian:peak=30,sigma=0.02", ["poisson-gaussian:peak=30,sigma=0.02"]],
    ["convolution:file=k.npy,normalise", ["convolution:file=k.npy,normalise"]],
    ["./mine.js", ["./mine.js"]],
    [
      "motion:length=3,9,angle=0,30",
      ["motion:length=3,angle=0", "motion:length=3,angle=30", "motion:length=9,angle=0", "motion:length=9,angle=30"],
    ],
    [
      "gaussian:m=5,9*blur:sigma=1,2",
      [
        "gaussian:m=5*blur:sigma=1",
        "gaussian:m=5*blur:sigma=2",
        "gaussian:m=9*blur:sigma=1",
        "gaussian:m=9*blur:sigma=2",
      ],
    ],
  ];
  for (const [spec, wanted] of cases) assert.equal(swept(spec), wanted, spec);
});

test("a value given twice is refused", () => {
  assert.throws(
    () => swept("gaussian:m=5,9,5"),
    /^gaussian:m=5,9,5: gaussian:m=5 is given twice; leave one of the two out$/,
  );
});

test("every operator of a sweep gets every noise of its own --noise", () => {
  const settings = settingsOf({ operator: ["gaussian:m=5,9", "blur"], noise: ["0.01,0.1", "poisson:peak=30"] });
  assert.equal(
    sweptSettings(settings).map(({ operator, noise }) => `${operator} ${noise}`),
    ["gaussian:m=5 0.01", "gaussian:m=9 0.01", "gaussian:m=5 0.1", "gaussian:m=9 0.1", "blur poisson:peak=30"],
  );
});

test.run();
