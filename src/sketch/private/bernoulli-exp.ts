import type { Bits } from "./bits.ts";

/** A rational number of at least 0. */
export type Fraction = readonly [numerator: bigint, denominator: bigint];

/** Bits that are compared in float64. */
const FIRST = 53;
/** By how much float64 may be wrong there, in units of 2⁻⁵³: exp(−γ) is known to 2⁻⁴⁶, which is a quarter of it. */
const DOUBT = 2 ** 9;

/**
 * 1 with probability exp(−γ), exactly. A uniform number U is compared with exp(−γ): its first 53 bits in float64 if they decide, else by
 * `isBelowExp`. `approximate` is γ so exactly that exp(−γ) is wrong by at most 2⁻⁴⁶; `exact` is γ itself.
 */
export function bernoulliExp(approximate: number, exact: () => Fraction, bits: Bits): boolean {
  const u = bits() * 2 ** (FIRST - 32) + (bits() >>> (64 - FIRST));
  const p = Math.exp(-approximate) * 2 ** FIRST;
  if (u + 1 <= p - DOUBT) return true;
  if (u >= p + DOUBT) return false;
  return isBelowExp(BigInt(u), FIRST, exact(), bits);
}

/** Whether U < exp(−γ), where `known` are the first `size` bits of U. More bits of U and of exp(−γ) are taken until they decide. */
export function isBelowExp(known: bigint, size: number, gamma: Fraction, bits: Bits): boolean {
  let [u, precision] = [known, size];
  for (;;) {
    u = (u << 32n) | BigInt(bits());
    precision += 32;
    const p = expFixed(gamma, precision);
    if (u + 1n <= p - 1n) return true;
    if (u >= p + 1n) return false;
  }
}

/** Guard bits of `expFixed`. */
const GUARD = 64;

/**
 * exp(−γ) 2^precision, wrong by less than 1. exp(−γ) is the 2^s-th power of exp(−γ/2^s), whose Taylor series is summed with γ/2^s < 1/2. Every
 * term and every square is wrong by at most a few units of the guard bits, and squaring s times multiplies that by 2^s, far below 2⁶⁴.
 */
export function expFixed([numerator, denominator]: Fraction, precision: number): bigint {
  const size = BigInt(precision + GUARD);
  const one = 1n << size;
  let halvings = 0n;
  while (2n * numerator >= denominator << halvings) halvings++;
  if (halvings > 20n) return 0n; // exp(−2¹⁹) is 0 to any precision that is ever asked for
  const x = (numerator << size) / (denominator << halvings);
  let [term, sum] = [one, one];
  for (let k = 1n; term > 0n; k++) {
    term = (term * x) / (k << size);
    sum += k % 2n === 1n ? -term : term;
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) >> size;
  return sum >> BigInt(GUARD);
}
