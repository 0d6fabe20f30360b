import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crossings } from "../../src/compare/crossings.ts";
import type { ComparisonRow } from "../../src/compare/row.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("crossing points");

/** What crossings read of a row. */
const row = (method: string, m: number, errors: number[], draws = 1) =>
  ({ method, m, errors, draws }) as unknown as ComparisonRow;

const ms = [10, 20, 40, 80];
/** Errors of 30 signals that scatter about `level(m)`, alike for every method. */
const scattered = (method: string, level: (m: number) => number, scatter: number) =>
  ms.map((m) => {
    const random = stream(3, method, m);
    return row(
      method,
      m,
      Array.from({ length: 30 }, () => level(m) * Math.exp(scatter * random.normal())),
    );
  });

test("power laws cross where their formulas do, whatever the order of the rows; parallel ones do not", () => {
  const laws = [
    ...scattered("flat", (m) => 1 / m ** 0.5, 0),
    ...scattered("steep", (m) => 5 / m, 0),
    ...scattered("worse", (m) => 30 / m, 0),
  ];
  const found = crossings(laws.reverse());
  const [crossing] = found.filter(({ before, after }) => before === "flat" && after === "steep");
  assert.ok(Math.abs(crossing!.m - 25) < 1e-9, `${crossing!.m}`); // 1/√m = 5/m at m = 25; float64
  assert.equal(crossing!.between, [20, 40]);
  assert.equal(
    crossing!.interval.map((m) => Number(m.toFixed(6))),
    [25, 25],
  );
  assert.is(found.length, 1); // 30/m meets 1/√m at 900
});

test("the interval holds the true crossing where errors scatter, and is open where some resamples do not cross", () => {
  const clear = crossings([
    ...scattered("flat", (m) => 1 / m ** 0.5, 0.3),
    ...scattered("steep", (m) => 5 / m, 0.3),
  ])[0]!;
  assert.ok(clear.interval[0] < 25 && 25 < clear.interval[1] && clear.interval[1] < 40, `${clear.interval}`);
  const late = crossings([...scattered("flat", (m) => 1 / m ** 0.5, 0.6), ...scattered("steep", (m) => 8.5 / m, 0.6)]);
  assert.is(late.at(-1)!.interval[1], Number.POSITIVE_INFINITY); // the formulas cross at 72, the last m is 80
});

test("a signal's draws are averaged: two draws of one signal weigh as one signal", () => {
  const rows = [row("a", 1, [1, 3], 2), row("a", 4, [1, 1], 2), row("b", 1, [1, 1], 2), row("b", 4, [2, 2], 2)];
  const [crossing] = crossings(rows);
  assert.ok(Math.abs(crossing!.m - 2) < 1e-9); // ratios 2 and ½ of the means: halfway between log 1 and log 4
  assert.equal([crossing!.before, crossing!.after], ["b", "a"]);
});

test("two that are equal at an m cross there, and do not where they touch; an m without any error is left out", () => {
  const curve = (method: string, ...levels: number[]) => levels.map((level, k) => row(method, ms[k]!, [level, level]));
  const tied = crossings([...curve("a", 1, 2, 4), ...curve("b", 4, 2, 1)]);
  assert.equal(tied, [{ before: "a", after: "b", m: 20, between: [10, 40], interval: [20, 20] }]);
  assert.equal(crossings([...curve("a", 1, 2, 1), ...curve("b", 4, 2, 4)]), []);
  assert.equal(crossings([...curve("a", 1, 2), ...curve("b", 4, 2)]), []);
  const [exact] = crossings([...curve("a", 1, 0, 4), ...curve("b", 4, 1, 1)]);
  assert.equal([exact!.m, exact!.between], [20, [10, 40]]); // ratios ¼ and 4: halfway between log 10 and log 40
  assert.equal(crossings([...curve("a", 1, 1, 0), ...curve("b", 2, 2, 1)]), []);
});

test.run();
