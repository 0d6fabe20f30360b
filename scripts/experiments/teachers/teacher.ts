import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { NetworkSpec, Weights } from "../../../priors/generator/network.ts";
import type { TrainSettings } from "../../../priors/generator/options.ts";
import type { Target } from "../../../priors/generator/target.ts";
import type { AdamMoments } from "../../../src/engine/adam.ts";
import type { FourierSpec } from "../../../src/sketch/index.ts";

/** What a teacher gets to teach from. */
export interface Lesson {
  readonly network: NetworkSpec;
  /** The sketch, without the frequencies held out. */
  readonly target: Target;
  /** How the sketch's frequencies were drawn. */
  readonly fourier: FourierSpec;
  readonly settings: TrainSettings;
}

/** What a network learns from: the objective of one step, as pure tensor functions, and what the step draws. */
export interface Teacher {
  /** Start values of the teacher's own parameters, such as a discriminator's. They are trained with the network's; mostly none. */
  readonly parameters: Weights;
  /** Adam's β₁; default that of adam.ts. */
  readonly beta1?: number | undefined;
  /** What step `index` draws besides the latents: arrays of the same shapes at every step. */
  draws(index: number): readonly NdArray<Float32Array | Int32Array>[];
  /**
   * The value to minimise and the gradients of one batch: for the network's weights and then the teacher's own parameters,
   * latents z [batch, latent] and what was drawn.
   */
  gradients(
    parameters: readonly tf.Tensor[],
    z: tf.Tensor,
    drawn: readonly tf.Tensor[],
  ): { readonly loss: tf.Tensor; readonly gradients: readonly tf.Tensor[] };
}

/** The inputs of a compiled step. */
export interface TeacherInputs {
  readonly parameters: readonly tf.Tensor[];
  readonly moments: AdamMoments<tf.Tensor>;
  readonly z: tf.Tensor;
  readonly drawn: readonly tf.Tensor[];
  readonly rate: tf.Tensor;
}

/** Makes a teacher. Errors (InputError): settings or a sketch that it cannot teach from. */
export type MakeTeacher = (lesson: Lesson) => Teacher | Promise<Teacher>;
