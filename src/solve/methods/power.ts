import { minimum } from "../sigma/minimum.ts";

/** One coefficient of measurements in the Fourier basis, of a transform that keeps norms. */
export interface Coefficient {
  /** Cycles a pixel, above 0. */
  readonly frequency: number;
  /** |H|² */
  readonly gain: number;
  /** |Y|² */
  readonly energy: number;
}

/** Bounds of p, and of log a around the value of the moments. */
const DECAYS = { low: 0, high: 6 };
const AROUND = Math.log(1e4);

/**
 * The power spectrum S(f) = a f^(−p) of greatest likelihood for measured coefficients, Y ~ N(0, |H|² S(f) + σ²) independent (Whittle 1953):
 *
 *     min_{a, p} Σ log v + |Y|²/v,   v = |H|² a f^(−p) + σ².
 *
 * p is found between 0 and 6, or given. Returns S; 0 where the measurements have no energy at all.
 */
export async function fittedPower(
  coefficients: readonly Coefficient[],
  sigma: number,
  given?: number,
): Promise<(frequency: number) => number> {
  const total = coefficients.reduce((sum, { energy }) => sum + energy, 0);
  if (total === 0) return () => 0;
  const levelOf = async (decay: number): Promise<{ readonly level: number; readonly value: number }> => {
    const shapes = Float64Array.from(coefficients, ({ gain, frequency }) => gain * frequency ** -decay);
    const usual = Math.log(total / shapes.reduce((a, b) => a + b, 0));
    const value = async (level: number) => {
      const a = Math.exp(level);
      let sum = 0;
      for (const [i, shape] of shapes.entries()) {
        const v = a * shape + sigma ** 2;
        sum += Math.log(v) + coefficients[i]!.energy / v;
      }
      return sum;
    };
    const level = await minimum(value, { low: usual - AROUND, high: usual + 1, points: 10, tolerance: 0.02 });
    return { level, value: await value(level) };
  };
  const decay =
    given ?? (await minimum(async (p) => (await levelOf(p)).value, { ...DECAYS, points: 7, tolerance: 0.02 }));
  const a = Math.exp((await levelOf(decay)).level);
  return (frequency) => a * frequency ** -decay;
}
