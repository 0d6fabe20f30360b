import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { tikhonov } from "../../../priors/penalties/tikhonov.ts";
import type { QuadraticPenalty } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";
import { compile } from "../../engine/index.ts";
import { filled } from "../batch.ts";
import { conjugateGradients } from "../penalised/conjugate-gradients.ts";
import { withCompiledStep } from "../penalised/pool.ts";
import type { WhitenedProblem } from "../penalised/whitening.ts";

type Signals = NdArray<Float32Array>;

/** argmin_x ½‖y − Φx‖² + λ r(x − centre) of one signal, y [1, ...outShape], for quadratic r. */
export type ImageStep = (y: Signals, centre: Signals, lambda: number) => Promise<Signals>;

/**
 * Gap at which conjugate gradients end, their iterations in a compiled step, and the most such steps: the next patch step changes far more. They begin at the centre, so few are needed: with 10 instead of 20
 * iterations a slice took 16 % less time behind missing Fourier coefficients and 10 % less in tomography, to .003 dB.
 */
const [TOLERANCE, ITERATIONS, STEPS] = [1e-4, 10, 20];

/** Calls `use` with the image steps of a problem: r(x) = ‖x‖², about the average of patches, and r(x) = ‖∇x‖², for the start. */
export async function withImageSteps<R>(
  problem: WhitenedProblem,
  signal: AbortSignal | undefined,
  use: (average: ImageStep, smooth: ImageStep) => Promise<R>,
): Promise<R> {
  const { operator, shape, noise } = problem;
  const example = { x: filled(1, shape), y: filled(1, operator.outShape) };
  const missed = await compile(({ x, y }: Record<"x" | "y", tf.Tensor>) => tf.sub(y, operator.forward(x)), example, {
    name: "patches: y − Φx",
  });
  const withStep = <T>(prior: QuadraticPenalty, inner: (step: ImageStep) => Promise<T>): Promise<T> => {
    const method = conjugateGradients({ ...problem, operator }, prior, ITERATIONS);
    const start = method.start({ y: example.y, lambda: filled(1, []) });
    const parts = { operator, prior, rest: `patches ${noise.spec}` };
    return withCompiledStep(parts, method, { y: example.y, lambda: filled(1, []), state: start }, (step) =>
      inner(async (y, centre, lambda) => {
        const given = { y: await missed.run({ x: centre, y }), lambda: filled(1, [], lambda) };
        let state = start;
        for (let at = 0; at < STEPS; at++) {
          signal?.throwIfAborted();
          const after = await step({ ...given, state });
          state = after.state as typeof start;
          if (!(after.gap.data[0]! > TOLERANCE)) break;
        }
        return fromHost(
          (state.x as Signals).data.map((v, i) => v + centre.data[i]!),
          centre.shape,
        );
      }),
    );
  };
  try {
    return await withStep(tikhonov(shape), (average) =>
      withStep(tikhonov(shape, { gradient: true }), (smooth) => use(average, smooth)),
    );
  } finally {
    await missed.dispose();
  }
}
