import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { type Compiled, type CompileOptions, compile, engineSettings } from "../../engine/index.ts";
import type { Batch, MethodState, MethodStep, PenaltyMethod } from "./method.ts";

type Arrays = Batch<NdArray<Float32Array>> & { readonly state: MethodState<NdArray<Float32Array>> };
type Result = {
  readonly state: MethodState<NdArray<Float32Array>>;
  readonly objective: NdArray<Float32Array>;
  readonly gap: NdArray<Float32Array>;
  readonly watched?: { readonly [name: string]: NdArray<Float32Array> };
};
type Step = Compiled<Arrays, Result>;

/** What a compiled step depends on. */
interface Parts {
  readonly operator: object;
  readonly prior: object;
  /** A text that determines the noise's misfit and the range of signals. */
  readonly rest: string;
}

interface Entry {
  readonly parts: Parts;
  /** Batch size and engine settings. */
  readonly key: string;
  readonly step: Step;
}

/** Compiled steps that are not in use, the last used first. */
let idle: readonly Entry[] = [];
const MOST_IDLE = 4;

/**
 * Runs `use` with the compiled step of a method. The four steps used last are kept for later recoveries with the same parts, method and
 * batch size; older ones are disposed of. A step in use is never shared.
 */
export async function withCompiledStep<T>(
  parts: Parts,
  method: PenaltyMethod,
  example: Arrays,
  use: (step: (input: Arrays) => Promise<Result>) => Promise<T>,
): Promise<T> {
  const key = `${method.name} ${parts.rest} ${example.y.shape[0]} ${JSON.stringify(engineSettings())}`;
  const known = idle.find((e) => e.key === key && e.parts.operator === parts.operator && e.parts.prior === parts.prior);
  idle = idle.filter((e) => e !== known);
  const entry = known ?? { parts, key, step: await compileStep(method, example) };
  try {
    return await use((input) => entry.step.run(input));
  } finally {
    const all = [entry, ...idle];
    idle = all.slice(0, MOST_IDLE);
    await Promise.all(all.slice(MOST_IDLE).map((e) => e.step.dispose()));
  }
}

/** `compile` for states whose names are not known to its types, which cannot infer them. */
const compileOpen = compile as unknown as (
  step: (input: Batch<tf.Tensor> & { readonly state: MethodState<tf.Tensor> }) => MethodStep,
  example: Arrays,
  options: CompileOptions,
) => Promise<Step>;

const compileStep = (method: PenaltyMethod, example: Arrays): Promise<Step> =>
  compileOpen(({ y, lambda, state }) => method.step({ y, lambda }, state), example, { name: method.name });

/** How many compiled steps are kept. */
export const keptSteps = (): number => idle.length;

/** Disposes of the compiled steps that are kept. */
export async function disposeCompiledSteps(): Promise<void> {
  const entries = idle;
  idle = [];
  await Promise.all(entries.map((e) => e.step.dispose()));
}
