import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { adjoint } from "../../operators/adjoint.ts";
import { blur } from "../../operators/blur.ts";
import { compose } from "../../operators/compose.ts";
import { differences } from "../../operators/differences.ts";
import { gaussian } from "../../operators/gaussian.ts";
import { forwardOperator, isLinear, linearOperator } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { scale } from "../../operators/scale.ts";
import { specTree } from "../../operators/spec-tree.ts";
import { stack } from "../../operators/stack.ts";
import { sum } from "../../operators/sum.ts";
import { InputError } from "../../src/data/errors.ts";
import { apply, difference, draw, floats } from "./draws.ts";

const test = suite("algebra of operators");

/** y = factor · x on three numbers. */
const times = (factor: number) =>
  linearOperator({ name: `${factor}x`, inShape: [3], outShape: [3], norm: factor, forward: (x) => tf.mul(factor, x) });
const square = forwardOperator({ name: "square", inShape: [3], outShape: [3], forward: (x) => tf.square(x) });
const x = floats([1, -2, 3], [1, 3]);

test("by hand: stack puts one after the other, sum adds, scale multiplies, adjoint turns", async () => {
  const pairs = linearOperator({
    name: "pairs",
    inShape: [3],
    outShape: [2, 1],
    forward: (v) => tf.slice(tf.expandDims(v, 2), [0, 0, 0], [-1, 2, 1]),
  });
  const stacked = stack([times(2), pairs]);
  assert.equal([stacked.name, stacked.outShape, isLinear(stacked)], ["stack(2x; pairs)", [5], true]);
  assert.equal([...(await apply(stacked.forward, x)).data], [2, -4, 6, 1, -2]);
  assert.equal([...(await apply(stacked.adjoint, floats([1, 1, 1, 10, 20], [1, 5]))).data], [12, 22, 2]);
  const added = sum([times(2), times(-3)]);
  assert.equal([added.name, [...(await apply(added.forward, x)).data]], ["sum(2x; -3x)", [-1, 2, -3]]);
  const scaled = scale(-0.5, times(2));
  assert.equal([scaled.name, scaled.norm, [...(await apply(scaled.forward, x)).data]], ["-0.5*2x", 1, [-1, 2, -3]]);
  const turned = adjoint(pairs);
  assert.equal([turned.name, turned.inShape, turned.outShape], ["adjoint(pairs)", [2, 1], [3]]);
  assert.equal([...(await apply(turned.forward, floats([4, 5], [1, 2, 1]))).data], [4, 5, 0]);
  assert.equal((await apply(turned.adjoint, x)).data, (await apply(pairs.forward, x)).data);
});

test("a part that is not linear makes the whole not linear, and it still measures", async () => {
  for (const [made, wanted] of [
    [stack([times(2), square]), [2, -4, 6, 1, 4, 9]],
    [sum([times(2), square]), [3, 0, 15]],
    [scale(2, square), [2, 8, 18]],
    [compose(square, times(2)), [4, 16, 36]],
  ] as const) {
    assert.not(isLinear(made), made.name);
    assert.equal([...(await apply(made.forward, x)).data], wanted);
  }
});

test("relaxed goes along with what is linear around it, scaled and stacked", async () => {
  /** In place of c, y + 10x. */
  const jumps = forwardOperator({ ...square, name: "jumps", relaxed: (v, y) => tf.add(y, tf.mul(10, v)) });
  const relaxed = async (made: typeof jumps, y: readonly number[]) => [
    ...(await apply((v) => made.relaxed!(v, tf.tensor2d([...y], [1, y.length])), x)).data,
  ];
  assert.equal(await relaxed(compose(jumps, times(2)), [1, 1, 1]), [21, -39, 61]);
  assert.equal(await relaxed(scale(2, jumps), [2, 2, 2]), [22, -38, 62]);
  assert.equal(await relaxed(stack([jumps, square]), [1, 1, 1, 7, 7, 7]), [11, -19, 31, 1, 4, 9]);
  assert.equal(await relaxed(stack([times(2), jumps]), [7, 7, 7, 1, 1, 1]), [2, -4, 6, 11, -19, 31]);
  for (const made of [compose(times(2), jumps), stack([square, times(2)]), sum([jumps, times(2)]), scale(2, square)])
    assert.is(made.relaxed, undefined, made.name);
});

test("specs make what the functions make", async () => {
  const inShape = [5, 3];
  const signals = draw(1, [2, ...inShape]);
  const same = async (spec: string, made: { forward: typeof square.forward; name: string }, given = signals) => {
    const operator = parseOperator(spec, given.shape.slice(1), 4);
    assert.is(operator.name, made.name);
    assert.equal(operator.source, { spec, seed: 4 });
    assert.ok(difference((await apply(operator.forward, given)).data, (await apply(made.forward, given)).data) < 1e-6);
  };
  const first = gaussian({ inShape, m: 4, seed: 4 });
  const second = gaussian({ inShape, m: 4, seed: 4, place: 1 });
  const soft = blur({ inShape, sigma: 1 });
  await same("stack(gaussian:m=4; gaussian:m=4)", stack([first, second]));
  await same("sum( gaussian:m=4 ;2*gaussian:m=4)", sum([first, scale(2, second)]));
  await same("gaussian:m=4*-3*blur", compose(second, scale(-3, soft)));
  await same(
    "gaussian:m=4 * stack(blur; 2*identity)",
    compose(
      gaussian({ inShape: [30], m: 4, seed: 4, place: 2 }),
      stack([soft, scale(2, parseOperator("identity", inShape, 1))]),
    ),
  );
  await same("adjoint(differences)*differences", compose(adjoint(differences({ inShape })), differences({ inShape })));
  await same("adjoint(gaussian:m=4)*gaussian:m=4", compose(adjoint(first), first)); // the same draws
  const both = compose(second, soft);
  await same("adjoint(gaussian:m=4*blur)*gaussian:m=4*blur", compose(adjoint(both), both));
  const twice = scale(2, first);
  await same("adjoint(2*gaussian:m=4)*2*gaussian:m=4", compose(adjoint(twice), twice));
  const between = compose(second, scale(2, soft));
  await same("adjoint(gaussian:m=4*2*blur)*gaussian:m=4*2*blur", compose(adjoint(between), between));
  const lone = gaussian({ inShape: [2, 2], m: 15, seed: 4 });
  await same("adjoint(gaussian:m=15; 2,2)", adjoint(lone), draw(1, [2, 15]));
  await same("2e-1", scale(0.2, parseOperator("identity", inShape, 1)));
});

test("the parts of a spec that do not stand in parentheses are parted", () => {
  assert.equal(specTree("matrix:file=A (1).npy*./a;b.mjs"), {
    kind: "product",
    factors: [
      { kind: "part", text: "./a;b.mjs" },
      { kind: "part", text: "matrix:file=A (1).npy" },
    ],
  });
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["stack(blur)", /operator: stack: expected two operators or more, as stack\(a; b\), got "blur"/],
  ["sum(blur; )", /operator: expected name:key=value/],
  ["stak(blur; mask)", /operator: unknown combination "stak\(…\)"; did you mean stack\? \(stack, sum, adjoint\)/],
  ["stack(blur; mask", /operator: parentheses do not match in "stack\(blur; mask"/],
  ["blur)*(mask", /operator: parentheses do not match/],
  ["blur; mask", /operator: ; parts what is inside stack\(…\), sum\(…\) or adjoint\(…\), got "blur; mask"/],
  ["sum(blur; mask)", /sum: blur.* returns \[8, 8\], but mask.* returns \[32\]/],
  ["0*blur", /operator: expected a finite number other than 0, or a name, got "0"/],
  ["3x*blur", /operator: expected a finite number other than 0, or a name, got "3x"/],
  [
    "adjoint(blur)",
    /operator: adjoint\(a\) is for an a that is applied before it, as in adjoint\(a\)\*a; otherwise give/,
  ],
  ["adjoint(mask:keep=0.5)*mask", /applied before it/],
  ["adjoint(2)*3*blur", /applied before it/],
  ["adjoint(blur; 8,8; 2)", /operator: adjoint: expected an operator and the shape of its signals, got 3 parts/],
  ["adjoint(blur; 8,x)", /operator: adjoint: expected the shape of its operator's signals, as 28,28, got "8,x"/],
  ["adjoint(gaussian:m=3; 8,8)", /adjoint\(gaussian\(m=3\)\) takes signals of \[3\], the signals are \[8, 8\]/],
  ["stack(blur; gaussian:k=3)", /gaussian: unknown option "k"; did you mean m\?/],
];
for (const [spec, message] of refused) {
  test(`"${spec}" is refused in one line`, () => {
    assert.throws(
      () => parseOperator(spec, [8, 8], 1),
      (error: unknown) => error instanceof InputError && message.test(error.message) && !error.message.includes("\n"),
    );
  });
}

test("functions refuse what does not fit", () => {
  assert.throws(() => stack([]), /^stack: expected operators, got none$/);
  assert.throws(() => sum([]), /^sum: expected operators, got none$/);
  assert.throws(
    () => stack([times(1), gaussian({ inShape: [4], m: 3, seed: 1 })]),
    /stack: 1x takes \[3\], but gaussian\(m=3\) takes \[4\]/,
  );
  assert.throws(
    () => sum([times(1), gaussian({ inShape: [4], m: 3, seed: 1 })]),
    /sum: 1x takes \[3\], but gaussian\(m=3\) takes \[4\]/,
  );
  assert.throws(() => scale(Number.NaN, times(1)), /scale: factor: expected a finite number other than 0, got NaN/);
});

test.run();
