import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import { type OnnxModel, type OnnxValue, onnxFunction } from "../../src/engine/onnx-import/index.ts";
import type { GeneratorPrior } from "../prior.ts";
import { layoutFor, ownLayout } from "./layout.ts";

/** A generator that another program wrote as an ONNX file. */
export interface OnnxGenerator {
  readonly model: OnnxModel;
  /** Size of z. */
  readonly latent: number;
  /** Probability of every condition c, where the network takes one and the file's metadata say them (`probabilities`, as ours do). */
  readonly conditions?: Float64Array;
  /** Shape of what it makes for one z. */
  readonly made: readonly number[];
  /** z [batch, latent], and c [batch] (int32) where there are conditions, to [batch, ...made]. */
  decode(z: tf.Tensor, c?: tf.Tensor): tf.Tensor;
}

/** How much a row may depend on the others, as a part of the largest number: float32 sums in another order. */
const ROUNDING = 1e-4;

/**
 * The generator of an ONNX model: an input z of [batch, latent], or of that many numbers in any shape, and one output of [batch, ...].
 * It is tried on two latents. Errors (InputError): operators that are not known, inputs that are no latents, an output that is not finite or
 * mixes the rows of a batch.
 */
export async function onnxGenerator(model: OnnxModel): Promise<OnnxGenerator> {
  const { where, inputs, outputs } = model;
  const input = inputs.find(({ dtype }) => dtype === "float32");
  const [condition, ...more] = inputs.filter((one) => one !== input);
  const latentShape = input?.shape.slice(1) ?? [];
  const latent = sizeOf(latentShape.map((n) => n ?? Number.NaN));
  if (!input || !(latent > 0) || latentShape.length === 0 || more.length > 0) {
    throw new InputError(
      `${where}: expected one input, latents [batch, size] of float32 with a fixed size, got ${described(model)}; export the generator alone`,
    );
  }
  const conditions = condition && conditionsOf(model, condition);
  const compute = onnxFunction(model);
  const decode = (z: tf.Tensor, c?: tf.Tensor): tf.Tensor => {
    const rows = z.shape[0]!;
    const latents = tf.reshape(z, [rows, ...(latentShape as number[])]);
    const x = compute({ [input.name]: latents, ...(condition && { [condition.name]: c! }) })[outputs[0]!.name]!;
    if (x.shape[0] === rows && x.rank > 1) return x;
    throw new InputError(
      `${where}: expected an output of ${rows} rows for ${rows} latents, got [${x.shape.join(", ")}]; export it with a dynamic batch axis`,
    );
  };
  const generator = { model, latent, ...(conditions && { conditions }), decode };
  return { ...generator, made: await shapeMade(generator) };
}

/**
 * The prior x = G(z), z ~ N(0, I), of signals of `shape`; without one, of [H, W] or [H, W, 3] where the network makes an image.
 * Errors (InputError): the network makes signals of another shape.
 */
export function onnxGeneratorPrior(name: string, generator: OnnxGenerator, shape?: readonly number[]): GeneratorPrior {
  const { latent, conditions, made, model } = generator;
  const layout = shape ? layoutFor(made, shape) : ownLayout(made);
  if (!layout) {
    throw new InputError(
      `${model.where}: makes signals of [${made.join(", ")}], the measured ones are [${shape!.join(", ")}]; use a generator of that shape`,
    );
  }
  return {
    ...{ kind: "generator", name, latent, shape: layout.shape, ...(conditions && { conditions }) },
    decode: (z, c) => layout.arrange(generator.decode(z, c)),
  };
}

const described = ({ inputs }: OnnxModel): string =>
  inputs.map(({ name, shape, dtype }) => `${name} ${dtype} [${shape.map((n) => n ?? "?").join(", ")}]`).join(", ") ||
  "none";

function conditionsOf({ where, metadata }: OnnxModel, condition: OnnxValue): Float64Array {
  let given: unknown;
  try {
    given = JSON.parse(metadata.probabilities ?? "");
  } catch {}
  const right = Array.isArray(given) && given.every((p) => p >= 0);
  if (condition.dtype === "int32" && condition.shape.length === 1 && right) return Float64Array.from(given as number[]);
  throw new InputError(
    `${where}: has a second input ${condition.name}, expected latents alone, or a condition (integers [batch]) with the metadata probabilities; ` +
      "export the generator with its other inputs fixed",
  );
}

/** The shape for one latent, from a run on two latents and another on the first with a third. */
async function shapeMade({
  model: { where },
  latent,
  conditions,
  decode,
}: Omit<OnnxGenerator, "made">): Promise<readonly number[]> {
  const z = stream(1, "trial of a generator").fillNormal(new Float32Array(3 * latent));
  const c = conditions ? { c: fromHost(new Int32Array(2), [2]) } : {};
  const given = (second: number) => {
    const own = [...z.subarray(0, latent), ...z.subarray(second * latent, (second + 1) * latent)];
    return { z: fromHost(Float32Array.from(own), [2, latent]), ...c };
  };
  const run = await compile((rows: { z: tf.Tensor; c?: tf.Tensor }) => decode(rows.z, rows.c), given(1), {
    name: where,
  });
  const [one, other] = [(await run.run(given(1))) as NdArray<Float32Array>, await run.run(given(2))];
  await run.dispose();
  if (!one.data.every(Number.isFinite)) {
    throw new InputError(`${where}: makes numbers that are not finite; train it again`);
  }
  const first = one.data.subarray(0, one.size / 2);
  const most = first.reduce((size, v) => Math.max(size, Math.abs(v)), 0);
  if (first.every((v, i) => Math.abs(v - other.data[i]!) <= ROUNDING * most)) return one.shape.slice(1);
  throw new InputError(
    `${where}: mixes the rows of a batch, as batch normalisation in training does; call eval() before the export`,
  );
}
