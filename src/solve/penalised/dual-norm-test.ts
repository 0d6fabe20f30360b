import * as tf from "#tf";
import { normalSignals } from "../../../operators/probes.ts";
import type { NormPenalty } from "../../../priors/prior.ts";
import { InputError } from "../../data/errors.ts";
import { compile } from "../../engine/index.ts";
import { dots, norms } from "../batch.ts";
import { ROUNDING, requireShape } from "./prox-test.ts";

/** Random signals that are tried. */
const COUNT = 4;

/** prox(x, t) is 0 at this times r°(x), and not at the other. A dual norm that is too large by less only makes gaps larger. */
const [ABOVE, BELOW] = [1.001, 0.5];

/**
 * Requires that r = `value` is of degree 1 and that r° = `dualNorm` is its dual norm, as far as random signals x, u of size 1 can tell, for FISTA's
 * gap is no bound with a smaller one:
 * - r(2x) = 2 r(x);
 * - ⟨u, x⟩ ≤ r(u) r°(x), u = x included;
 * - prox(x, t) = 0 from t = r°(x) on (Moreau 1965: it is x less its projection on the ball r° ≤ t), and not at half of it.
 * Errors (InputError): another shape, a condition that fails.
 */
export async function requireDualNorm({ name, shape, value, prox, dualNorm }: NormPenalty): Promise<void> {
  const [x, u] = ["x", "u"].map((draw) => normalSignals(1, `dual norm test ${draw}`, COUNT, shape));
  const given = { x: x!, u: u! };
  const compiled = await compile(
    (signals: Record<"x" | "u", tf.Tensor>) => {
      const dual = dualNorm(signals.x);
      requireShape(`${name}: dualNorm`, dual, [COUNT]);
      const once = value(signals.x);
      const shrunk = (by: number) => norms(prox(signals.x, tf.mul(by, dual)));
      return {
        ...{ once, twice: value(tf.mul(2, signals.x)), size: norms(signals.x), dual },
        ...{ own: dots(signals.x, signals.x), ownBound: tf.mul(once, dual) },
        ...{ cross: dots(signals.u, signals.x), crossBound: tf.mul(value(signals.u), dual) },
        ...{ above: shrunk(ABOVE), below: shrunk(BELOW) },
      };
    },
    given,
    { name: `dual norm test of ${name}` },
  );
  const found = await compiled.run(given);
  await compiled.dispose();
  const fail = (what: string): never => {
    throw new InputError(`${name}: dualNorm: ${what}; correct it or leave it out`);
  };
  for (let i = 0; i < COUNT; i++) {
    const at = (key: keyof typeof found) => found[key].data[i]!;
    const digits = (key: keyof typeof found) => at(key).toPrecision(5);
    if (!(Math.abs(at("twice") - 2 * at("once")) <= ROUNDING * at("twice")))
      fail(`r is no norm: r(2x) is ${digits("twice")}, r(x) ${digits("once")}`);
    for (const pair of ["own", "cross"] as const) {
      if (at(pair) <= at(`${pair}Bound`) * (1 + ROUNDING)) continue;
      fail(`too small: ⟨u, x⟩ is ${digits(pair)}, r(u) r°(x) ${digits(`${pair}Bound`)}`);
    }
    if (!(at("above") <= ROUNDING * at("size")))
      fail(`too small: prox(x, t) is not 0 at t = ${ABOVE} r°(x), r°(x) ${digits("dual")}`);
    if (!(at("below") > ROUNDING * at("size")))
      fail(`too large: prox(x, t) is 0 at t = r°(x)/2, r°(x) ${digits("dual")}`);
  }
}
