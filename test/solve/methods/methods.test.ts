import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseOperator } from "../../../operators/registry.ts";
import { describeOpenBaselines } from "../../../src/cli/open-baseline.ts";
import { InputError } from "../../../src/data/errors.ts";
import { onnxRuntime } from "../../../src/engine/session.ts";
import { measure } from "../../../src/measure/index.ts";
import { baselineNames, isBaseline, parseBaseline, recover } from "../../../src/solve/index.ts";
import { methodNames, methods } from "../../../src/solve/methods/registry.ts";
import { takeRows } from "../../../src/solve/rows.ts";
import { refuses } from "../../data/tiny.ts";
import { difference, draw, floats } from "../../operators/draws.ts";
import { signalOf } from "../problems.ts";

const test = suite("methods");

for (const { shape, operator: spec, spec: given } of methodNames.flatMap((name) => [...methods[name].samples])) {
  const positive = floats(
    [...draw(5, [3, ...shape]).data].map((v) => Math.abs(v)),
    [3, ...shape],
  );
  test(`${given} with ${spec}: finite signals of the right shape, each the same alone as in a batch`, async () => {
    const operator = parseOperator(spec, shape, 1);
    const measured = await measure(positive, operator, { noise: 0.1, seed: 2 });
    const prior = parseBaseline(given, shape);
    const { estimate, outcomes } = await recover(measured, prior, { seed: 3 });
    assert.equal(estimate.shape, [3, ...shape]);
    assert.is(outcomes.length, 3);
    assert.ok(estimate.data.every(Number.isFinite));
    const alone = await recover({ ...measured, y: takeRows(measured.y, [1]) }, prior, { seed: 3 });
    assert.ok(difference(signalOf(alone.estimate, 0), signalOf(estimate, 1)) < 1e-4); // sums in float32, in another order
  });

  test(`${given} with ${spec}: measurements that are all 0 give finite signals`, async () => {
    const operator = parseOperator(spec, shape, 1);
    const y = floats(new Array(operator.outShape.reduce((a, b) => a * b, 1)).fill(0), [1, ...operator.outShape]);
    const { estimate } = await recover({ operator, y, noise: 0.1 }, parseBaseline(given, shape));
    assert.ok(estimate.data.every(Number.isFinite));
  });
}

for (const [method, spec] of [
  ["filtered-backprojection", (i: number) => `radon:angles=${i}`],
  ["richardson-lucy", (i: number) => `radon:angles=${i}`],
  ["deep-image-prior:channels=1,steps=2", (i: number) => `gaussian:m=${i}`],
] as const) {
  test(`${method}: an exception in the middle keeps no compiled function`, async () => {
    // released sessions are kept for reuse up to 16; those of functions that nobody disposed of are never released
    const { InferenceSession } = await onnxRuntime();
    const create = InferenceSession.create;
    const opened = { sessions: 0 };
    const counted = async (...args: unknown[]) => {
      const session = await (create as (...args: unknown[]) => ReturnType<typeof create>).apply(InferenceSession, args);
      const release = session.release.bind(session);
      opened.sessions++;
      return Object.assign(session, { release: () => release().finally(() => opened.sessions--) });
    };
    InferenceSession.create = counted as typeof create;
    try {
      for (let i = 1; i <= 18; i++) {
        const operator = parseOperator(spec(i), [4, 4], 1);
        const y = floats(new Array(operator.outShape.reduce((a, b) => a * b, 1)).fill(1), [1, ...operator.outShape]);
        const onProgress = () => {
          throw new InputError("stop here");
        };
        const given = { operator, y, noise: 0, range: [0, 1] as const };
        await refuses(() => recover(given, parseBaseline(method, [4, 4]), { onProgress }), /^stop here$/);
      }
    } finally {
      InferenceSession.create = create;
    }
    assert.ok(opened.sessions <= 16, `${opened.sessions} sessions`);
  });
}

test("they are baselines like the penalties, and the help has all of them", async () => {
  const help = describeOpenBaselines();
  for (const name of methodNames) {
    assert.ok(baselineNames.includes(name) && isBaseline(` ${name} : x`));
    assert.ok(help.includes(`  ${name} `) && help.includes(methods[name].summary), name);
  }
  assert.not.ok(isBaseline("prior/"));
  assert.is(parseBaseline("wiener:decay = 2", [4, 4]).name, "wiener(decay=2)");
  await refuses(() => parseBaseline("wiener:decy=2", [4, 4]), /^wiener: unknown option "decy"; did you mean decay\?/);
});

test.run();
