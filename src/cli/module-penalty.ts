import * as tf from "#tf";
import type { NormPenalty, ProximalPenalty } from "../../priors/prior.ts";
import { InputError } from "../data/errors.ts";
import { attempt, moduleValue } from "../data/user-module.ts";
import { requireDualNorm } from "../solve/penalised/dual-norm-test.ts";
import { requireProx } from "../solve/penalised/prox-test.ts";

/** What a module's function is given, so that it needs no import of its own to make a penalty. */
export interface PenaltyContext {
  /** TensorFlow.js as this package runs it; tensors of another copy do not mix with it. */
  readonly tf: typeof tf;
  /** Shape of one signal. */
  readonly shape: readonly number[];
}

const functions = ["value", "prox", "dualNorm", "defaultLambda"] as const;

/**
 * The penalty of a user's ES module: its default export, or what that returns when it is a function, called with `PenaltyContext`. It is
 * { name, value, prox }: value maps x [batch, ...shape] to r(x), [batch], convex and finite; prox(x, t), t [batch], gives
 * argmin_u ½‖u − x‖² + t r(u). With `dualNorm(v)`, [batch], of a norm r, FISTA takes it too. `defaultLambda({ sigma, gain, amplitude })` is
 * λ where none is given. The proximal map and the dual norm are tried when the module is opened (`requireProx`, `requireDualNorm`).
 *
 * Errors (InputError): those of `moduleValue`; an export that is no penalty; a proximal map or a dual norm that fails its test.
 */
export async function modulePenalty(file: string, shape: readonly number[]): Promise<ProximalPenalty> {
  const made = await moduleValue(file, "penalty", { tf, shape } satisfies PenaltyContext);
  if (typeof made !== "object" || made === null) {
    throw new InputError(
      `${file}: expected a penalty { name, value, prox }, got ${made === null ? "null" : typeof made}`,
    );
  }
  const given = made as Partial<NormPenalty>;
  for (const part of functions) {
    const [optional, type] = [part === "dualNorm" || part === "defaultLambda", typeof given[part]];
    if (type === "function" || (optional && type === "undefined")) continue;
    throw new InputError(`${file}: ${part}: expected a function, got ${type}; a penalty is { name, value, prox }`);
  }
  const { name = file.replace(/^.*[\\/]/, "") } = given;
  const { value, prox, dualNorm, defaultLambda } = given as NormPenalty;
  const penalty: ProximalPenalty = {
    ...{ kind: "penalty", form: "proximal", name, shape, value: value.bind(made), prox: prox.bind(made) },
    ...(dualNorm && { dualNorm: dualNorm.bind(made) }),
    ...(defaultLambda && { defaultLambda: defaultLambda.bind(made) }),
  };
  await attempt(file, "its penalty", async () => {
    await requireProx(penalty);
    if ("dualNorm" in penalty) await requireDualNorm(penalty as NormPenalty);
  });
  return penalty;
}
