import { fromHost } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { multiply, multiplyTransposed } from "../../src/data/matmul.ts";
import type { EndCode } from "../../src/engine/iterate.ts";
import type { MixtureModel } from "../mixture/model.ts";
import type { DistilOptions, DistilSettings, Watched } from "./kind.ts";
import { type DistilledName, kinds } from "./kinds.ts";
import type { DistilledModel } from "./model.ts";

/** A distilled generator with how it was made. */
export interface Distilled {
  readonly model: DistilledModel;
  readonly settings: DistilSettings;
  /** What was minimised, step by step. */
  readonly history: readonly number[];
  readonly code: EndCode;
}

/**
 * A generator network x = centre + D v(z, c) + r that stands for a mixture, from the mixture alone: v is fitted to the mixture's
 * features (see the kinds), and r ~ N(0, C + DEDᵀ) holds the mixture's own residual C and the covariance E of what v leaves out.
 *
 * Errors (InputError): options out of range.
 */
export async function distil(
  mixture: MixtureModel,
  kind: DistilledName,
  { onProgress, signal, ...options }: DistilOptions & Watched = {},
): Promise<Distilled> {
  const k = mixture.means.shape[1]!;
  const { defaults } = kinds[kind];
  const settings: DistilSettings = { ...defaults, latent: Math.min(defaults.latent, k), seed: 1, ...options };
  requireInRange(settings, k);
  const { rest, history, code, ...fitted } = await kinds[kind].fit(mixture, settings, {
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const { shape, centre, matrix } = mixture;
  const n = centre.size;
  const seen = multiplyTransposed(multiply(matrix.data, rest, n, k, k), Float64Array.from(matrix.data), k);
  const residual = fromHost(
    Float32Array.from(seen, (v, i) => v + mixture.residual.data[i]!),
    [n, n],
  );
  return { model: { kind, ...fitted, shape, centre, matrix, residual }, settings, history, code };
}

function requireInRange({ latent, hidden, steps, batch, learningRate }: DistilSettings, k: number): void {
  if (!(Number.isInteger(latent) && latent > 0 && latent <= k)) {
    throw new InputError(`distil: latent: expected an integer from 1 to ${k}, the number of features, got ${latent}`);
  }
  for (const [name, value] of [
    ["hidden", Math.min(...hidden)],
    ["steps", steps],
    ["batch", batch],
  ] as const) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new InputError(`distil: ${name}: expected a positive integer, got ${value}`);
    }
  }
  if (!(learningRate > 0))
    throw new InputError(`distil: learning rate: expected a positive number, got ${learningRate}`);
}
