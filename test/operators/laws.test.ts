import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dotTest } from "../../operators/adjoint-test.ts";
import { operatorNorm } from "../../operators/norms.ts";
import { isLinear, type LinearOperator } from "../../operators/operator.ts";
import { operatorNames, operators, parseOperator } from "../../operators/registry.ts";
import { apply, difference, draw, type Floats } from "./draws.ts";

/** What every operator must satisfy, on every sample of the registry and on combinations of them. */
const laws = suite("laws of operators");
const SEED = 3;

const samples = [
  ...operatorNames.flatMap((name) => operators[name].samples),
  { inShape: [6, 5], spec: "gaussian:m=8*blur:sigma=0.8" },
  { inShape: [6, 5], spec: "gaussian:m=3*mask:keep=0.5*blur" },
  { inShape: [5, 3], spec: "-0.5*blur:boundary=circular" },
  { inShape: [5, 3], spec: "stack(gaussian:m=4; differences; 2*mask:keep=3)" },
  { inShape: [5, 3], spec: "sum(identity; -1*blur)" },
  { inShape: [5, 3], spec: "adjoint(differences)*differences" },
  { inShape: [7], spec: "adjoint(gaussian:m=7; 3,5)" },
];

for (const { inShape, spec } of samples) {
  const operator = parseOperator(spec, inShape, SEED);
  const title = `${spec} on [${inShape}]`;
  const x = draw(1, [3, ...inShape]);
  if (isLinear(operator)) linearLaws(title, operator, x);

  laws(`${title}: returns its outShape; a batch of one is the single case`, async () => {
    const whole = await apply(operator.forward, x);
    assert.equal(whole.shape, [3, ...operator.outShape]);
    const width = x.size / 3;
    const one = draw(0, [1, ...inShape]);
    one.data.set(x.data.subarray(width, 2 * width));
    const alone = await apply(operator.forward, one);
    assert.ok(difference(alone.data, whole.data.subarray(alone.size, 2 * alone.size)) < 1e-6);
  });

  laws(`${title}: compiled and op by op agree`, () => enginesAgree(operator.forward, x));

  laws(`${title}: spec and seed make the same operator again; it refuses other shapes`, async () => {
    const again = parseOperator(operator.source!.spec, inShape, operator.source!.seed);
    assert.is(again.name, operator.name);
    assert.equal((await apply(again.forward, x)).data, (await apply(operator.forward, x)).data);
    const wrong = draw(1, [3, ...inShape, 1]);
    const message = await apply(operator.forward, wrong).then(String, String);
    assert.match(message, /forward: expected \[batch, .*got \[3, /);
  });
}

async function enginesAgree(fn: LinearOperator["forward"], input: Floats): Promise<void> {
  const [fast, slow] = [await apply(fn, input, "onnx"), await apply(fn, input, "tfjs")];
  assert.equal(fast.shape, slow.shape);
  assert.ok(difference(fast.data, slow.data) < 1e-5); // sums in another order
}

function linearLaws(title: string, operator: LinearOperator, x: Floats): void {
  laws(`${title}: <Ax, y> = <x, A'y>`, async () => {
    assert.ok((await dotTest(operator)) < 1e-5);
  });

  laws(`${title}: linear, A(2a - 3b) = 2Aa - 3Ab`, async () => {
    const b = draw(2, x.shape);
    const mixed = draw(0, x.shape);
    mixed.data.forEach((_, i) => {
      mixed.data[i] = 2 * x.data[i]! - 3 * b.data[i]!;
    });
    const [ax, ab, am] = [
      await apply(operator.forward, x),
      await apply(operator.forward, b),
      await apply(operator.forward, mixed),
    ];
    const expected = ax.data.map((value, i) => 2 * value - 3 * ab.data[i]!);
    assert.ok(difference(am.data, expected) < 1e-5); // float32 rounding
  });

  laws(`${title}: its adjoint compiled and op by op agree`, () =>
    enginesAgree(operator.adjoint, draw(4, [3, ...operator.outShape])),
  );

  if (operator.norm === undefined) return;
  laws(`${title}: the norm that it states is that of power iteration`, async () => {
    const found = await operatorNorm(operator, { tolerance: 1e-7, maxSteps: 500 });
    assert.ok(Math.abs(found / operator.norm! - 1) < 1e-3, `${found} instead of ${operator.norm}`); // from below, slowly
  });
}

laws.run();
