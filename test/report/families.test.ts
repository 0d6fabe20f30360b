import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ComparisonTable } from "../../src/compare/compare.ts";
import { families } from "../../src/report/families.ts";

const test = suite("families of problems");

/** A table of problems without rows, `name m σ` and the noise as it was asked for. */
const tableOf = (...problems: readonly (readonly [operator: string, m: number, noise: number, asked?: string])[]) =>
  ({
    rows: [],
    cases: problems.map(([operator, m, noise, noiseSpec = `gaussian:sigma=${noise}`]) => ({
      ...{ operator, m, noise, noiseName: `gaussian(sigma=${noise})`, noiseSpec },
    })),
  }) as unknown as ComparisonTable;

const said = (table: ComparisonTable) => {
  const { sweeps, single } = families(table);
  return {
    sweeps: sweeps.map(({ title, swept, groups }) => `${title}: ${swept} = ${groups.map((group) => group[swept])}`),
    single: single.map(({ operator }) => operator),
  };
};

test("operators that differ in m alone are a sweep for each noise, in ascending order; what is alone is single", () => {
  const table = tableOf(
    ["gaussian(m=50)", 50, 0.1],
    ["gaussian(m=9)", 9, 0.1],
    ["gaussian(m=9)", 9, 0],
    ["gaussian(m=50)", 50, 0],
    ["mask(block=14)", 588, 0.1],
  );
  assert.equal(said(table), {
    sweeps: ["gaussian(m=…), noise 0.1: m = 9,50", "gaussian(m=…), noise 0: m = 9,50"],
    single: ["mask(block=14)"],
  });
});

test("one operator with several σ is a sweep over the noise, of at least three σ if it is in a sweep over m too", () => {
  assert.equal(said(tableOf(["blur", 9, 0.1], ["blur", 9, 0.01], ["blur", 9, 0])).sweeps, [
    "blur, noise gaussian(sigma=…): noise = 0.01,0.1",
  ]);
  const grid = (...sigmas: number[]) =>
    tableOf(
      ...sigmas.flatMap(
        (sigma) =>
          [
            ["g(m=4)", 4, sigma],
            ["g(m=8)", 8, sigma],
          ] as const,
      ),
    );
  assert.is(said(grid(0.01, 0.1)).sweeps.length, 2);
  assert.equal(said(grid(0.01, 0.1, 1)).sweeps.slice(3), [
    "g(m=4), noise gaussian(sigma=…): noise = 0.01,0.1,1",
    "g(m=8), noise gaussian(sigma=…): noise = 0.01,0.1,1",
  ]);
});

test("operators of one m that differ in another number are no sweep over m", () => {
  assert.equal(said(tableOf(["blur(sigma=1)", 9, 0.1], ["blur(sigma=2)", 9, 0.1])), {
    sweeps: [],
    single: ["blur(sigma=1)", "blur(sigma=2)"],
  });
});

test("problems that differ in more than one number are no sweep", () => {
  const operators = ["gaussian(m=10)*blur(sigma=1)", "gaussian(m=20)*blur(sigma=3)"] as const;
  assert.equal(said(tableOf([operators[0], 10, 0.1], [operators[1], 20, 0.1])), { sweeps: [], single: [...operators] });
  const noisy = [0.1, 0.2].map(
    (sigma) => ["blur", 9, sigma, `poisson-gaussian:peak=${1 / sigma},sigma=${sigma}`] as const,
  );
  assert.equal(said(tableOf(...noisy)), { sweeps: [], single: ["blur", "blur"] });
});

test("a noise given in decibels has a σ of its own for each m, and is one noise", () => {
  const asked = "gaussian:snr=30";
  assert.equal(said(tableOf(["g(m=4)", 4, 0.11, asked], ["g(m=8)", 8, 0.12, asked])).sweeps, [
    "g(m=…), noise gaussian:snr=30: m = 4,8",
  ]);
});

test.run();
