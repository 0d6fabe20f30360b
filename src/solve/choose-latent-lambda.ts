import type { NdArray } from "ndarray";
import type { ForwardOperator } from "../../operators/operator.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { contiguous } from "../data/array.ts";
import type { ValueRange } from "../data/range.ts";
import { checkTraining, errorsAt, type LambdaChoice, logGrid, searchLambda } from "./choose-lambda.ts";
import { type LatentOptions, recoverLatent } from "./latent.ts";

export interface ChooseLatentOptions extends Omit<LatentOptions, "lambda" | "starts"> {
  /** Values of λ tried in each of the two rounds; default 9. */
  readonly points?: number;
  /** The grid of the first round; default: from 1 to 1e-4 times ‖y‖²/latent, where both terms of the objective weigh alike. */
  readonly grid?: readonly number[];
  /** As in `chooseLambda`. */
  readonly range?: ValueRange;
}

/**
 * Chooses the λ of latent recovery on training signals, as `chooseLambda` does for the baselines: the lowest mean squared
 * error on a logarithmic grid, refined once, all (signal, λ) pairs of a round in one batch.
 *
 * truth: [n, ...inShape], y: [n, ...outShape].
 */
export async function chooseLatentLambda(
  operator: ForwardOperator,
  prior: GeneratorPrior,
  truth: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  options: ChooseLatentOptions = {},
): Promise<LambdaChoice> {
  const { points = 9, grid, range, ...settings } = options;
  checkTraining(operator, truth, y, points, grid);
  const energy = (contiguous(y) as Float32Array).reduce((sum, v) => sum + v * v, 0) / y.shape[0]!;
  const scale = energy / prior.latent || 1; // silent measurements: any scale will do
  return searchLambda(grid ?? logGrid(1e-4 * scale, scale, points), (values) =>
    errorsAt(truth, y, values, range, async (rows, lambda) => {
      const { estimate, code } = await recoverLatent(operator, prior, rows, { ...settings, lambda });
      return { estimate, solved: () => code !== "non-finite" };
    }),
  );
}
