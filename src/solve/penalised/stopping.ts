import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { sizeOf } from "../../data/array.ts";
import type { OptionTable, OptionValues } from "../../data/options.ts";
import type { RowCode } from "../../engine/iterate-rows.ts";
import { norms, TINY } from "../batch.ts";
import { rowSigmas } from "../row-sigma.ts";
import type { CentredProblem } from "./centre.ts";
import type { Batch, MethodState } from "./method.ts";

/** Options by which a recovery ends before its tolerance or its most steps. */
export const stoppingOptions = {
  change: {
    type: "number",
    description: "settled when a compiled step moves x by no more than this part of its norm; default never",
  },
  discrepancy: {
    type: "number",
    description: "ends when ‖y − Φx‖ is at most this times σ√m, the norm of its noise (Morozov: 1); default never",
  },
  seconds: { type: "number", description: "most seconds, compiling not counted; default no limit" },
} as const satisfies OptionTable;

/** The limits that are set. */
export type StoppingLimits = Partial<OptionValues<typeof stoppingOptions>>;

/** Numbers of every row that are compared with a limit, by what they end as. */
export interface Watch {
  /** Which are watched, as a text: compiled steps that watch the same are shared. */
  readonly key: string;
  /** The numbers at a step's end, [batch] each. */
  numbers(batch: Batch<tf.Tensor>, before: MethodState<tf.Tensor>, after: MethodState<tf.Tensor>): Watched<tf.Tensor>;
  /** What every row ends as, undefined for those that go on. */
  codes(numbers: Watched<NdArray<Float32Array>>, rows: number): readonly (RowCode | undefined)[];
}

type Watched<T> = { readonly [name: string]: T };

/**
 * Watches ‖x⁺ − x‖/‖x⁺‖ (`settled`) and ‖y − Φx⁺‖ (`discrepancy`), those that have a limit. That of the second is in units of σ√m, σ that of
 * the row's own y: no row's end depends on its batch, and the compiled step on no σ.
 * Errors (RangeError): a limit that is not positive; a discrepancy without noise.
 */
export function watchOf(who: string, { operator, noise, y }: CentredProblem, limits: StoppingLimits): Watch {
  for (const [option, limit] of Object.entries(limits)) {
    if (limit === undefined || limit > 0) continue;
    throw new RangeError(`${who}: ${option}: expected a positive number, got ${limit}; leave it out for no such limit`);
  }
  const wanted = Object.entries({ settled: limits.change, discrepancy: limits.discrepancy }).filter(
    (entry): entry is ["settled" | "discrepancy", number] => entry[1] !== undefined,
  );
  const root = Math.sqrt(sizeOf(operator.outShape));
  const sizes = limits.discrepancy === undefined ? undefined : rowSigmas(noise, y).map((sigma) => sigma * root);
  if (sizes?.some((size) => !(size > 0))) {
    throw new RangeError(`${who}: discrepancy: expected noise, σ is 0; leave it out, or say the noise`);
  }
  const units = { settled: () => 1, discrepancy: (row: number) => sizes![row]! };
  return {
    key: wanted.map(([name]) => name).join(),
    numbers: ({ y }, { x: before }, { x }) => {
      const measures = {
        settled: () => tf.div(norms(tf.sub(x, before)), tf.maximum(norms(x), TINY)),
        discrepancy: () => norms(tf.sub(y, operator.forward(x))),
      };
      return Object.fromEntries(wanted.map(([name]) => [name, measures[name]()]));
    },
    codes: (numbers, rows) =>
      Array.from(
        { length: rows },
        (_, row) => wanted.find(([name, limit]) => numbers[name]!.data[row]! <= limit * units[name](row))?.[0],
      ),
  };
}
