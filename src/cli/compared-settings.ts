import { InputError } from "../data/errors.ts";
import { swept, sweptOperator } from "./sweeps.ts";

/** One operator of `compare` and its noise, as specs, which may be sweeps. */
export interface Setting {
  readonly operator: string;
  readonly noise: string;
}

/** Every operator with its noise. Errors (InputError): neither one noise nor one for each operator. */
export function settingsOf({
  operator,
  noise,
}: {
  readonly operator: readonly string[];
  readonly noise: readonly string[];
}): Setting[] {
  if (noise.length !== 1 && noise.length !== operator.length) {
    throw new InputError(
      `--noise: expected it once for all operators, or once for each --operator (${operator.length} times), got it ${noise.length} times`,
    );
  }
  return operator.map((spec, i) => ({ operator: spec, noise: noise[noise.length === 1 ? 0 : i]! }));
}

/** The settings that sweeps stand for, one of each: every operator of a setting with every noise of it. */
export const sweptSettings = (settings: readonly Setting[]): Setting[] =>
  settings.flatMap(({ operator, noise }) =>
    swept(noise).flatMap((oneNoise) => sweptOperator(operator).map((one) => ({ operator: one, noise: oneNoise }))),
  );

const shared = (settings: readonly Setting[]): string | undefined =>
  settings.every(({ noise }) => noise === settings[0]!.noise) ? settings[0]!.noise : undefined;

/** The noise as the report's settings name it: one spec for all operators, or each operator with its own. */
export const noiseFact = (settings: readonly Setting[]): string =>
  shared(settings) ?? settings.map(({ operator, noise }) => `${operator} with ${noise}`).join("; ");

/** The noise in the sentence that says what was measured. */
export function noiseWords(settings: readonly Setting[]): string {
  const one = shared(settings);
  if (one === undefined) return ` with noise of their own (${noiseFact(settings)})`;
  return one === "0" ? " without noise" : ` with the noise ${one}`;
}
