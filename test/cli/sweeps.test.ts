import { suite } from "uvu";
import * as assert from "uvu/assert";
import { settingsOf, sweptSettings } from "../../src/cli/compared-settings.ts";
import { swept, sweptOperator } from "../../src/cli/sweeps.ts";

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
  ];
  for (const [spec, wanted] of cases) {
    assert.equal(swept(spec), wanted, spec);
    if (!spec.includes(", ")) assert.equal(sweptOperator(spec), wanted, spec);
  }
});

test("an operator is swept in its factors and inside parentheses; the shape of an adjoint is no sweep", () => {
  const cases: [string, string[]][] = [
    [
      "gaussian:m=5,9*blur:sigma=1,2",
      [
        "gaussian:m=5*blur:sigma=1",
        "gaussian:m=5*blur:sigma=2",
        "gaussian:m=9*blur:sigma=1",
        "gaussian:m=9*blur:sigma=2",
      ],
    ],
    ["stack(gaussian:m=10,25; blur)", ["stack(gaussian:m=10; blur)", "stack(gaussian:m=25; blur)"]],
    ["0.5*sum(identity; blur:sigma=1,2)", ["0.5*sum(identity; blur:sigma=1)", "0.5*sum(identity; blur:sigma=2)"]],
    [
      "stack(gaussian:m=5,9*blur; adjoint(radon:angles=3,4; 28,28))",
      [5, 9].flatMap((m) => [3, 4].map((n) => `stack(gaussian:m=${m}*blur; adjoint(radon:angles=${n}; 28,28))`)),
    ],
    ["./mine(1,2).js", ["./mine(1,2).js"]],
  ];
  for (const [spec, wanted] of cases) assert.equal(sweptOperator(spec), wanted, spec);
  assert.throws(() => sweptOperator("stack(blur:sigma=1,2; blur"), /^operator: parentheses do not match in "stack/);
  assert.throws(() => sweptOperator("sum(blur:sigma=1,1; blur)"), /sum\(blur:sigma=1; blur\) is given twice/);
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
