import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { compile } from "../../engine/index.ts";
import { repeatRows } from "../rows.ts";
import type { DataTerm } from "./data-term.ts";
import { decodeRows } from "./descent.ts";
import type { Starts } from "./starts.ts";

/**
 * Whether a descent is blind to a signal, [signals]: at all of its starts the data term is above 0 and its gradient in z is exactly 0.
 * Operators that count or round do that.
 */
export async function blindSignals(
  prior: GeneratorPrior,
  term: DataTerm,
  { z, c, perSignal }: Starts,
): Promise<boolean[]> {
  const given = { z, c, target: repeatRows(term.target, perSignal) };
  const look = await compile((input: { z: tf.Tensor; c: tf.Tensor; target: tf.Tensor }) => {
    const misfits = (at: tf.Tensor) => term.misfit(decodeRows(prior, at, input.c), input.target);
    const gradient = tf.grad((at) => tf.sum(misfits(at)))(input.z);
    return { misfit: misfits(input.z), slope: tf.max(tf.abs(gradient), 1) };
  }, given);
  const { misfit, slope } = await look.run(given);
  await look.dispose();
  return Array.from({ length: z.shape[0]! / perSignal }, (_, signal) => {
    const rows = Array.from({ length: perSignal }, (_, restart) => signal * perSignal + restart);
    return rows.every((row) => slope.data[row] === 0 && misfit.data[row]! > 0);
  });
}
