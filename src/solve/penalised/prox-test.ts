import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { normalSignals } from "../../../operators/probes.ts";
import type { ProximalPenalty } from "../../../priors/prior.ts";
import { sameShape } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { compile } from "../../engine/index.ts";
import { dots, halfSquares } from "../batch.ts";

/** t of every random signal that is tried. */
const WEIGHTS = [0.1, 0.5, 1, 3];

/** What float32 sums may add to either side, as a part of their size. */
export const ROUNDING = 1e-4;

/** Errors (InputError): what a function of signals returned is no tensor of this shape, [batch, …]. */
export function requireShape(what: string, got: tf.Tensor, wanted: readonly number[]): void {
  if (sameShape(got?.shape ?? [], wanted)) return;
  const returned = got?.shape ? `[${got.shape.join(", ")}]` : typeof got;
  throw new InputError(
    `${what} should return [${wanted.join(", ")}], returned ${returned}; the first axis is that of the signals`,
  );
}

/**
 * Requires that `prox` is the proximal map of `value`, as far as random signals of size 1 can tell:
 * - it is firmly nonexpansive, ‖P(a) − P(b)‖² ≤ ⟨P(a) − P(b), a − b⟩, as every proximal map of a convex r is (Moreau 1965);
 * - ½‖u − x‖² + t r(u) is no higher at u = prox(x, t) than at x and at points near u.
 * Errors (InputError): another shape, numbers that are not finite, a condition that fails.
 */
export async function requireProx({ name, shape, value, prox }: ProximalPenalty): Promise<void> {
  const count = WEIGHTS.length;
  const [x, other, near] = ["x", "other", "near"].map((draw) => normalSignals(1, `prox test ${draw}`, count, shape));
  const conditions = await compile(
    (input: { x: tf.Tensor; other: tf.Tensor; near: tf.Tensor }) => {
      const t = tf.tensor1d(WEIGHTS);
      const [a, b] = [prox(input.x, t), prox(input.other, t)];
      requireShape(`${name}: prox`, a, input.x.shape);
      requireShape(`${name}: value`, value(a), [count]);
      const moved = tf.sub(a, b);
      const cost = (u: tf.Tensor) => tf.add(halfSquares(tf.sub(u, input.x)), tf.mul(t, value(u)));
      const nearby = [0.3, -0.03, 0.003].map((size) => tf.add(a, tf.mul(size, input.near)));
      const lowest = [input.x, ...nearby].map(cost).reduce((least, next) => tf.minimum(least, next));
      return {
        far: tf.sub(dots(moved, moved), dots(moved, tf.sub(input.x, input.other))),
        size: dots(input.x, input.x),
        found: cost(a),
        lowest,
      };
    },
    { x: x!, other: other!, near: near! },
    { name: `prox test of ${name}` },
  );
  const { far, size, found, lowest } = await conditions.run({ x: x!, other: other!, near: near! });
  await conditions.dispose();
  const list = ({ data }: NdArray<Float32Array>) => [...data];
  for (const [i, t] of WEIGHTS.entries()) {
    const [cost, best] = [list(found)[i]!, list(lowest)[i]!];
    if (!Number.isFinite(cost))
      throw new InputError(
        `${name}: value(prox(x, ${t})) is ${cost}; expected finite numbers, a constraint is no such penalty`,
      );
    if (!(far.data[i]! <= ROUNDING * size.data[i]!)) {
      throw new InputError(
        `${name}: prox(·, ${t}) is no proximal map of a convex penalty: ‖P(a) − P(b)‖² exceeds ⟨P(a) − P(b), a − b⟩ by ${far.data[i]!.toPrecision(2)}; correct prox`,
      );
    }
    if (cost <= best + ROUNDING * Math.abs(best)) continue;
    throw new InputError(
      `${name}: prox is not that of value: ½‖u − x‖² + ${t} r(u) is ${cost.toPrecision(5)} at prox(x, ${t}), and ${best.toPrecision(5)} elsewhere; correct one of the two`,
    );
  }
}
