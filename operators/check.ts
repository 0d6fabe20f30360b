import * as tf from "#tf";
import { contiguous, sizeOf } from "../src/data/array.ts";
import { squaredNorm } from "../src/data/vector.ts";
import { compile } from "../src/engine/index.ts";
import { dotTest, MOST_GAP } from "./adjoint-test.ts";
import { operatorNorm } from "./norms.ts";
import { type ForwardOperator, isLinear, type LinearOperator, linearOperator } from "./operator.ts";
import { normalSignals } from "./probes.ts";
import { type SingularValues, singularValues } from "./singular-values.ts";

/** What an operator says of itself, and what was found. */
export interface OperatorCheck {
  /** Whether it says that it is linear. */
  readonly claimsLinear: boolean;
  /** ‖Φ(2a − 3b) − 2Φa + 3Φb‖/(2‖Φa‖ + 3‖Φb‖), the largest of four random pairs; below 1e-5 for a linear operator in float32. */
  readonly linearGap: number;
  /** The dot test, `dotTest`; below 1e-5 for a right adjoint. Of operators that say that they are linear, and are. */
  readonly adjointGap?: number;
  /** ‖Φ‖ by power iteration, from below; of operators that are linear and have a right adjoint. */
  readonly norm?: number;
  /** ‖Φ‖ as the operator states it. */
  readonly statedNorm?: number;
  /** With `norm`. */
  readonly singular?: SingularValues;
  /** Of an operator that is not linear: what the gradient of ⟨Φ(x), w⟩ is at random x and w; of `relaxed`, with the y of another x, if there is one. */
  readonly gradient?: "usable" | "zero" | "not finite" | "missing";
  /** What is wrong, a sentence each. */
  readonly faults: readonly string[];
}

const PAIRS = 4;
/** Power iteration ends within this part of the norm. */
const NORM_ERROR = 0.01;

/**
 * Checks an operator on random signals: whether it is linear, whether its adjoint is that of `forward`, its norm and its singular values; or, if it is
 * not linear, whether descents have a gradient. Draws are those of `seed`.
 */
export async function checkOperator(operator: ForwardOperator, seed = 1): Promise<OperatorCheck> {
  const linearGap = await gapOfLinearity(operator, seed);
  if (!isLinear(operator)) {
    const gradient = await gradientOf(operator, seed);
    return { claimsLinear: false, linearGap, gradient, faults: gradientFaults(operator, gradient) };
  }
  const adjointGap = await dotTest(operator, seed);
  const found = { claimsLinear: true, linearGap, adjointGap };
  if (!(linearGap < MOST_GAP)) {
    return {
      ...found,
      faults: ["says that it is linear and is not; leave linear and adjoint out, or correct forward"],
    };
  }
  if (!(adjointGap < MOST_GAP)) return { ...found, faults: [await wrongAdjoint(operator, seed)] };
  const { norm: statedNorm } = operator;
  const power = await operatorNorm(operator, { seed });
  const differs = statedNorm !== undefined && Math.abs(power - statedNorm) > NORM_ERROR * Math.max(power, statedNorm);
  return {
    ...found,
    norm: power,
    ...(statedNorm !== undefined && { statedNorm }),
    singular: await singularValues(operator, power),
    faults: differs ? [`states the norm ${statedNorm}, power iteration finds ${power.toPrecision(4)}`] : [],
  };
}

async function gapOfLinearity(operator: ForwardOperator, seed: number): Promise<number> {
  const a = normalSignals(seed, "linearity a", PAIRS, operator.inShape);
  const b = normalSignals(seed, "linearity b", PAIRS, operator.inShape);
  const rows = (y: tf.Tensor) => tf.reshape(y, [PAIRS, -1]);
  const size = (y: tf.Tensor) => tf.norm(y, 2, 1);
  const compiled = await compile(
    (x: { a: tf.Tensor; b: tf.Tensor }) => {
      const both = rows(operator.forward(tf.sub(tf.mul(2, x.a), tf.mul(3, x.b))));
      const [ya, yb] = [tf.mul(2, rows(operator.forward(x.a))), tf.mul(3, rows(operator.forward(x.b)))];
      return { miss: size(tf.sub(both, tf.sub(ya, yb))), scale: tf.add(size(ya), size(yb)) };
    },
    { a, b },
    { name: `linearity of ${operator.name}` },
  );
  const { miss, scale } = await compiled.run({ a, b });
  await compiled.dispose();
  const gaps = [...miss.data].map((value, i) => value / (scale.data[i]! || 1));
  return gaps.every(Number.isFinite) ? Math.max(...gaps) : Number.POSITIVE_INFINITY;
}

/** In what way an adjoint is wrong: compared with the one that automatic differentiation gives. */
async function wrongAdjoint({ adjoint, norm: _, ...operator }: LinearOperator, seed: number): Promise<string> {
  const derived = linearOperator(operator).adjoint;
  const y = normalSignals(seed, "adjoint y", PAIRS, operator.outShape);
  const compiled = await compile((x: { y: tf.Tensor }) => ({ own: adjoint(x.y), right: derived(x.y) }), { y });
  const { own, right } = await compiled.run({ y });
  await compiled.dispose();
  const [given, wanted] = [own, right].map((batch) => Float64Array.from(contiguous(batch)));
  const factor = given!.reduce((sum, v, i) => sum + v * wanted![i]!, 0) / wanted!.reduce((sum, v) => sum + v * v, 0);
  const rest = given!.map((v, i) => v - factor * wanted![i]!);
  const miss = Math.sqrt(squaredNorm(rest) / squaredNorm(given!));
  const how = miss < 1e-4 ? `it is ${Number(factor.toPrecision(4))} times the right one` : "it is not that of forward";
  return `its adjoint is wrong: ${how}; correct it, or leave it out, and it is derived`;
}

async function gradientOf(operator: ForwardOperator, seed: number): Promise<NonNullable<OperatorCheck["gradient"]>> {
  const x = normalSignals(seed, "gradient x", PAIRS, operator.inShape);
  const other = normalSignals(seed, "gradient y", PAIRS, operator.inShape);
  const w = normalSignals(seed, "gradient w", PAIRS, operator.outShape);
  try {
    const compiled = await compile(
      (given: { x: tf.Tensor; other: tf.Tensor; w: tf.Tensor }) => {
        const y = operator.forward(given.other);
        const compared = (at: tf.Tensor) => operator.relaxed?.(at, y) ?? operator.forward(at);
        return tf.sum(tf.abs(tf.grad((at) => tf.sum(tf.mul(compared(at), given.w)))(given.x)));
      },
      { x, other, w },
      { name: `gradient of ${operator.name}` },
    );
    const { data } = await compiled.run({ x, other, w });
    await compiled.dispose();
    if (!Number.isFinite(data[0])) return "not finite";
    return data[0] === 0 ? "zero" : "usable";
  } catch {
    return "missing"; // tfjs has no gradient of some operations
  }
}

function gradientFaults({ outShape }: ForwardOperator, gradient: OperatorCheck["gradient"]): string[] {
  if (gradient === "usable") return [];
  if (gradient === "zero")
    return ["its gradient is 0: no solver sees what was measured; give relaxed, or a smooth forward"];
  const what = gradient === "missing" ? "has no gradient" : "has a gradient that is not finite";
  return [`${what} at random signals of ${sizeOf(outShape)} measurements: no solver takes it`];
}
