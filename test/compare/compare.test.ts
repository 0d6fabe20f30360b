import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { linearOperator } from "../../operators/operator.ts";
import { compare } from "../../src/compare/compare.ts";
import type { Method } from "../../src/compare/method.ts";
import { outcomeText } from "../../src/compare/row.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { reportCsv } from "../../src/report/data.ts";
import { fullTable } from "../../src/report/results.ts";
import { comparisonText } from "../../src/report/table.ts";
import { problemOf } from "../../src/solve/index.ts";
import { constant, doubling, tinyComparison } from "./tiny.ts";

const test = suite("compare");

test("every method gets the same operator and the same measurements", async () => {
  const given: unknown[] = [];
  const spy = (name: string): Method => ({
    name,
    recover: async (problem) => {
      given.push(problem);
      return constant(name, 0).recover(problem);
    },
  });
  const { problems, truth } = doubling();
  await compare({ truth, problems, methods: [spy("a"), spy("b")] });
  assert.is(given.length, 2);
  assert.is(given[0], problems[0]);
  assert.is(given[1], problems[0]);
});

test("a row holds the errors by hand, the paired difference from the first method, and what the method said", async () => {
  const { rows } = await tinyComparison();
  const [first, second] = rows;
  assert.equal(first!.errors, [0.25, 0.25]); // truth 1 and 0, estimate 0.5
  assert.is(first!.mse, 0.25);
  assert.is(first!.difference, undefined);
  assert.equal(second!.errors, [1, 0]); // estimate 0
  assert.is(second!.psnrOfMean, 10 * Math.log10(1 / 0.5));
  assert.equal(
    [second!.difference!.mean, second!.seconds, second!.outcome, second!.lambda],
    [0.25, 2, "converged", 0.1],
  );
  assert.equal([first!.operator, first!.m, first!.noise], ["double", 4, 0.1]);
  assert.equal([first!.relativeErrors, first!.relativeError], [[0.5, Number.NaN], 0.5]); // the second signal is 0
  assert.equal([second!.residuals, second!.residual], [[2, 0], 1]); // y = 2 and 0
  assert.equal([first!.ssim, first!.holm, second!.holm], [undefined, undefined, second!.wilcoxon]);
  assert.ok(first!.memory > 1e7); // a running Node takes more than 10 MB
});

test("of several draws the errors stand one after the other; p is of the signals' means, pictures are of the first", async () => {
  const { truth, problems } = doubling();
  const given: number[] = [];
  const drifting: Method = {
    name: "drifting",
    recover: async (problem) => {
      given.push(given.length);
      return constant("drifting", given.length === 1 ? 0 : 1).recover(problem); // black for the first draw, white for the second
    },
  };
  const table = await compare({
    truth,
    problems: [[problems[0]!, problems[0]!]],
    methods: [constant("grey", 0.5), drifting],
  });
  const [grey, other] = table.rows;
  assert.equal([grey!.draws, grey!.errors], [2, [0.25, 0.25, 0.25, 0.25]]);
  assert.equal(other!.errors, [1, 0, 0, 1]);
  assert.equal([other!.mse, other!.seconds, other!.outcome], [0.5, 4, "converged"]);
  assert.is(other!.wilcoxon, 0.5); // both signals' means differ by 0.25: 2 of 4 signs are as extreme
  assert.is(table.cases[0]!.estimates.drifting!.data[0], 0);
  assert.match(reportCsv(table), /^operator,m,noise,noise_name,draws,.*\ndouble,4,0\.1,gaussian\(sigma=0\.1\),2,grey/);
});

test("p is that of the paired test against the first method; estimates are clipped to a range that is known", async () => {
  const { rows } = await tinyComparison();
  assert.equal([rows[0]!.wilcoxon, rows[1]!.wilcoxon], [undefined, 1]); // differences 0.75 and −0.25: 3 of 4 signs are as extreme
  const { truth, problems } = doubling([0, 1]);
  const methods = [constant("bright", 1.5), constant("dark", -3)];
  const table = await compare({ truth, problems, methods });
  assert.equal(
    table.rows.map(({ errors }) => errors),
    [
      [0, 1],
      [1, 0],
    ],
  );
  assert.is(table.cases[0]!.estimates.bright!.data[0], 1);
});

test("a method that knows its posterior gets the coverage of its intervals, in every output; others none", async () => {
  const sure: Method = {
    name: "sure",
    recover: async (problem) => ({
      ...(await constant("sure", 0.5).recover(problem)),
      // 1 lies 1 deviation above the mean of the first signal, 0 lies 2 below that of the second
      marginals: async (i) => [
        {
          probability: 1,
          mean: new Float64Array(4).fill([0.5, 1][i]!),
          variance: new Float64Array(4).fill(0.25),
        },
      ],
    }),
  };
  const table = await compare({ ...doubling(), methods: [constant("grey", 0.5), sure] });
  const [grey, known] = table.rows;
  assert.is(grey!.coverage, undefined);
  assert.equal([known!.coverage![50], known!.coverage![90], known!.coverage![99]], [0, 0.5, 1]);
  assert.equal([...table.cases[0]!.deviations.sure!.data], new Array(8).fill(0.5));
  assert.match(comparisonText(table), /sure .* 0 \/ 50 \/ 100 +converged/);
  assert.match(
    reportCsv(table),
    /covered_50,covered_90,covered_99,end\n.*,,,,?converged\n.*sure.*,0,0\.5,1,converged\n$/,
  );
  assert.match(fullTable(table), /0 \/ 50 \/ 100/);
});

test("y is shown itself where it has the signal's shape, else as Φ'y", async () => {
  const same = await tinyComparison();
  assert.is(same.cases[0]!.backProjected, false);
  assert.equal([...same.cases[0]!.measured!.data], [2, 2, 2, 2, 0, 0, 0, 0]);

  const sum = linearOperator({
    name: "sum",
    inShape: [2, 2],
    outShape: [1],
    forward: (x) => tf.reshape(tf.sum(x, [1, 2]), [-1, 1]),
  });
  const y = ndarray(Float32Array.of(4, 0), [2, 1]);
  const { truth } = doubling();
  const other = await compare({
    truth,
    problems: [problemOf({ operator: sum, noise: gaussianNoise(0), y })],
    methods: [constant("a", 0)],
  });
  assert.is(other.cases[0]!.backProjected, true);
  assert.equal([...other.cases[0]!.measured!.data], [4, 4, 4, 4, 0, 0, 0, 0]);
});

test("signals that ended alike are said once, others are counted", () => {
  assert.is(outcomeText(["exact", "exact"]), "exact");
  assert.is(outcomeText(["converged", "max-steps", "converged"]), "converged 2, max-steps 1");
});

test("two methods of one name, and one problem given twice, are refused", async () => {
  const { truth, problems } = doubling();
  const run = async (methods: string[], times: number) =>
    compare({
      truth,
      problems: Array.from({ length: times }, () => problems[0]!),
      methods: methods.map((m) => constant(m, 0)),
    });
  await run(["a", "a"], 1).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /different names, got "a" twice/),
  );
  await run(["a"], 2).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /got "double" with gaussian\(sigma=0\.1\) twice/),
  );
});

test("an aborted signal ends the comparison with its reason", async () => {
  const { truth, problems } = doubling();
  await compare({ truth, problems, methods: [constant("a", 0)], signal: AbortSignal.abort(new Error("stop")) }).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /^stop$/),
  );
});

test.run();
