import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { alongAxis, type Matrix, matrixOf, wrapped } from "../../../operators/axes.ts";
import { joined } from "../../../operators/channels.ts";
import { isLinear } from "../../../operators/operator.ts";
import { type Elements, sparseProduct } from "../../../operators/sparse.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { spectrum } from "../../data/spectrum.ts";
import { pauses } from "../../engine/events.ts";
import { compile } from "../../engine/index.ts";
import { takeRows } from "../rows.ts";
import { recoveryMethod } from "./method.ts";

/** Windows on the ramp by the frequency f, 0 to ½ cycles a detector. */
const windows = {
  ramp: () => 1,
  hann: (f: number) => 0.5 * (1 + Math.cos(2 * Math.PI * f)),
} as const;
type Window = keyof typeof windows;
const windowNames = ["ramp", "hann"] as const satisfies readonly Window[];

/**
 * Filtered backprojection of `radon`'s projections y [angles, N], of each channel by itself:
 *
 *     x̂(row, column) = π/angles · Σ_a (h ∗ y_a)(column cos θ_a − row sin θ_a),   θ_a = πa/angles,
 *
 * with rows and columns from the central pixel (⌊h/2⌋, ⌊w/2⌋), and linear interpolation between detectors. h is the ramp filter
 * of limited band, h(0) = ¼, h(n) = −1/(πn)² for odd n and 0 for even n, whose spectrum is multiplied by the window, computed on max(64, 2^⌈log₂ 2N⌉) places.
 * The noise is not used. `skimage.transform.iradon(y.T, theta, circle=False)` with the filter ramp; its hann is a window that is one place off
 * symmetry.
 *
 * Source: Kak, Slaney 1988, "Principles of Computerized Tomographic Imaging", section 3.3.
 */
export const filteredBackprojection = recoveryMethod({
  summary: "tomography (radon): each projection filtered by a ramp and smeared back",
  options: {
    filter: {
      ...{ type: "choice", choices: windowNames, default: "ramp" },
      description: "the ramp, or the ramp times a Hann window: smoother, with less noise",
    },
  },
  samples: [
    { shape: [9, 9], operator: "radon:angles=20", spec: "filtered-backprojection" },
    { shape: [8, 12], operator: "radon:angles=5", spec: "filtered-backprojection:filter=hann" },
    { shape: [7, 6, 3], operator: "radon:angles=5", spec: "filtered-backprojection" },
  ],
  accepts: ({ operator }) =>
    (isLinear(operator) && operator.form?.kind === "parallel-beam") ||
    `expected projections of tomography, as radon:angles=60 gives them, got ${operator.name}; take a penalty`,
  solve: async ({ operator, y }, { filter }, { onProgress, signal }) => {
    const { inShape, outShape } = operator;
    const [height, width] = inShape as [number, number];
    const [angles, detectors] = outShape.slice(-2) as [number, number];
    const smear = backprojection(height, width, angles, detectors);
    const matrix = filterMatrix(detectors, windows[filter as Window]);
    const project = (given: { y: NdArray<Float32Array> }) =>
      compile(
        (input: { y: tf.Tensor }) => {
          const filtered = alongAxis(tf.reshape(input.y, [-1, angles, detectors]), 1, matrix);
          return joined(smear(tf.reshape(filtered, [-1, angles * detectors])), inShape);
        },
        given,
        { name: "filtered-backprojection" },
      );
    const batch = y.shape[0]!;
    const size = sizeOf(inShape);
    const estimate = new Float32Array(batch * size);
    const run = await project({ y: takeRows(y, [0]) });
    const pause = pauses(signal);
    try {
      for (let i = 0; i < batch; i++) {
        await pause();
        estimate.set(contiguous(await run.run({ y: takeRows(y, [i]) })) as Float32Array, i * size);
        onProgress?.({ step: i + 1, maxSteps: batch, objective: Number.NaN });
      }
    } finally {
      await run.dispose();
    }
    return {
      estimate: fromHost(estimate, [batch, ...inShape]),
      outcomes: new Array(batch).fill("exact"),
      ...{ warnings: [], steps: 1, history: [] },
    };
  },
});

/** The filter of one projection, [detectors, detectors]: its convolution with h. */
function filterMatrix(detectors: number, window: (f: number) => number): Matrix {
  const size = Math.max(64, 2 ** Math.ceil(Math.log2(2 * detectors)));
  const distance = (n: number) => Math.min(n, size - n);
  const ramp = spectrum(
    Float64Array.from({ length: size }, (_, n) =>
      n === 0 ? 0.25 : n % 2 === 0 ? 0 : -1 / (Math.PI * distance(n)) ** 2,
    ),
  );
  const gains = Float64Array.from({ length: size }, (_, k) => ramp[2 * k]! * window(distance(k) / size));
  const response = spectrum(gains); // real and even, so that the transform is its own inverse up to 1/size
  return matrixOf(detectors, detectors, (i, j) => response[2 * wrapped(i - j, size)]! / size);
}

/** Smears filtered projections [batch, angles · detectors] over images [batch, pixels]. */
function backprojection(height: number, width: number, angles: number, detectors: number) {
  const pixels = height * width;
  const parts = Array.from({ length: angles }, (_, a): Elements => {
    const [cos, sin] = [Math.cos((Math.PI * a) / angles), Math.sin((Math.PI * a) / angles)];
    const elements = { rows: [] as number[], columns: [] as number[], values: [] as number[] };
    for (let pixel = 0; pixel < pixels; pixel++) {
      const row = Math.floor(pixel / width) - Math.floor(height / 2);
      const column = (pixel % width) - Math.floor(width / 2);
      const place = column * cos - row * sin + Math.floor(detectors / 2);
      if (place < 0 || place > detectors - 1) continue; // beyond the last detector nothing is known
      const first = Math.floor(place);
      for (const [d, weight] of [
        [first, 1 - place + first],
        [first + 1, place - first],
      ] as const) {
        if (weight === 0) continue;
        elements.rows.push(pixel);
        elements.columns.push(a * detectors + d);
        elements.values.push((weight * Math.PI) / angles);
      }
    }
    return {
      rows: Int32Array.from(elements.rows),
      columns: Int32Array.from(elements.columns),
      values: Float32Array.from(elements.values),
    };
  });
  const smear = sparseProduct(pixels, parts);
  return (y: tf.Tensor) => tf.reshape(smear(y), [-1, height, width]);
}
