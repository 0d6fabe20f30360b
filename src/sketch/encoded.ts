import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { compile } from "../engine/index.ts";
import {
  centredFeatures,
  centredSamples,
  type DesignArrays,
  decodeFeatures,
  encodeFeatures,
  type FeatureSpec,
} from "./features.ts";
import { aligning, imageShape, type PoseSpec, posesOf, posing, warped } from "./poses.ts";

/** How a design encodes samples. */
export interface Encoding {
  readonly shape: readonly number[];
  readonly features: FeatureSpec;
  readonly poses?: PoseSpec;
}

/** The matrices of the poses, for `encoded`; none if images are not aligned. */
export const warpsFor = ({ poses, shape }: Encoding): Readonly<Record<string, NdArray<Float32Array>>> =>
  poses ? { align: aligning(poses, shape), pose: posing(poses, shape) } : {};

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** What the moment families are told of samples x [n, d]: all of a `Block` but its weights. A pure tensor function. */
export function encoded(
  { shape, features: spec, poses: grid }: Encoding,
  x: tf.Tensor,
  arrays: Tensors,
  warps: Tensors,
) {
  const poses = grid && posesOf(grid, x, imageShape(shape));
  const aligned = poses ? warped(x, poses, warps.align!) : x;
  const features = encodeFeatures(spec, aligned, arrays);
  const residual = () => {
    const known = decodeFeatures(spec, features, arrays);
    return tf.sub(x, poses ? warped(known, poses, warps.pose!) : known);
  };
  return {
    ...{ given: x, samples: centredSamples(x, arrays), features, residual },
    centred: centredFeatures(spec, aligned, arrays),
    ...(poses && { poses }),
  };
}

/** A pilot's features relative to the reference [P, k], what they leave out of it [P, d], and its poses, one-hot [P, poses]. */
export async function encodedPilot(encoding: Encoding, x: NdArray<Float32Array>, arrays: DesignArrays) {
  const inputs = { x, arrays, warps: warpsFor(encoding) };
  const encode = await compile(
    (given: { x: tf.Tensor; arrays: Tensors; warps: Tensors }) => {
      const { centred, residual, poses } = encoded(encoding, given.x, given.arrays, given.warps);
      return { features: centred, residual: residual(), poses: poses ? [poses] : [] };
    },
    inputs,
    { name: "pilot" },
  );
  const { features, residual, poses } = await encode.run(inputs);
  await encode.dispose();
  const [own] = poses as NdArray<Float32Array>[];
  return {
    ...{ features: features as NdArray<Float32Array>, residual: residual as NdArray<Float32Array> },
    ...(own && { poses: own }),
  };
}
