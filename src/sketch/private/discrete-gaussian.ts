import { bernoulliExp, type Fraction } from "./bernoulli-exp.ts";
import type { Bits } from "./bits.ts";

/** The largest σ: draws of larger ones could pass 2⁵³, beyond which float64 skips integers. */
export const MOST_SIGMA = 2 ** 44;

/**
 * Draws of the discrete Gaussian, P(Y = y) ∝ exp(−y²/2σ²) over the integers, exactly: no rounding of a sampler changes the law, so that the attack
 * of Mironov (CCS 2012) on the low bits of float noise finds nothing. Algorithm 3 of Canonne, Kamath, Steinke (NeurIPS 2020): a discrete Laplace Y of
 * scale t is kept with probability exp(−(|Y| − σ²/t)²/2σ²); t is the power of two nearest to σ. σ is the float64 number itself, a rational
 * number. Decisions are taken in float64 where these are certain and in integers where not (`bernoulliExp`). About 3 microseconds a draw.
 * Errors: σ that is not above 0 and at most 2⁴⁴.
 */
export function discreteGaussian(sigma: number, bits: Bits): () => number {
  if (!(sigma > 0 && sigma <= MOST_SIGMA)) {
    throw new RangeError(`discrete gaussian: sigma: expected a number above 0 and at most 2^44, got ${sigma}`);
  }
  const size = Math.max(0, Math.round(Math.log2(sigma))); // t = 2^size
  const t = 2 ** size;
  const mode = (sigma / t) * sigma;
  const [n, d] = fraction(sigma);
  const laplace = (): number => {
    for (;;) {
      const u = uniformBits(size, bits);
      if (!bernoulliExp(u / t, () => [BigInt(u), BigInt(t)], bits)) continue;
      let v = 0;
      while (bernoulliExp(1, () => [1n, 1n], bits)) v++;
      const magnitude = u + t * v;
      const negative = bits() >>> 31 === 1;
      if (negative && magnitude === 0) continue; // else 0 would be drawn twice as often
      return negative ? -magnitude : magnitude;
    }
  };
  return () => {
    for (;;) {
      const y = laplace();
      const z = (Math.abs(y) - mode) / sigma;
      const exact = (): Fraction => {
        // (|y| − σ²/t)²/2σ² for σ = n/d
        const off = BigInt(Math.abs(y)) * d * d * BigInt(t) - n * n;
        return [off * off, 2n * n * n * d * d * BigInt(t) * BigInt(t)];
      };
      if (bernoulliExp((z * z) / 2, exact, bits)) return y;
    }
  };
}

/** A uniform integer of `size` bits, at most 52. */
const uniformBits = (size: number, bits: Bits): number => {
  if (size === 0) return 0;
  if (size <= 32) return bits() >>> (32 - size);
  return bits() * 2 ** (size - 32) + (bits() >>> (64 - size));
};

/** A positive float64 number as a fraction. */
function fraction(value: number): Fraction {
  let [numerator, denominator] = [value, 1n];
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2n;
  }
  return [BigInt(numerator), denominator];
}
