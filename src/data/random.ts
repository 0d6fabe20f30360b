import { murmur128 } from "./murmur.ts";

/**
 * Seeded random streams. Every random draw of the project comes from a named stream: `stream(seed, "latents", step)`. So drawing more
 * numbers in one place never changes those of another.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Fills an array with uniform draws in (0, 1] and returns it. */
  fillUniform<T extends Float32Array | Float64Array>(out: T): T;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** Fills an array with standard normal draws and returns it. */
  fillNormal<T extends Float32Array | Float64Array>(out: T): T;
  /** The numbers 0 … n-1 in random order. */
  permutation(n: number): Int32Array;
}

/**
 * The stream named by `names` under `seed`: xoshiro128** (Blackman, Vigna 2018). Its 128 bits of state are a hash of the seed and all
 * names. Two different names, or two seeds, share a stream with probability 2⁻¹²⁸. `("a/b")` and `("a", "b")` are different names.
 */
export function stream(seed: number, ...names: readonly (string | number)[]): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed: expected an integer from 0 to 2^53 - 1, got ${seed}`);
  }
  // in a typed array: as variables of a closure, numbers beyond 31 bits would be allocated at every write
  const state = Int32Array.from(murmur128(JSON.stringify([seed, ...names])));
  if (state.every((word) => word === 0)) state[3] = 1; // xoshiro never leaves the state 0

  const next = (): number => {
    const b = state[1]!;
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const c = state[2]! ^ state[0]!;
    const d = state[3]! ^ b;
    state[0]! ^= d;
    state[1] = b ^ c;
    state[2] = c ^ (b << 9);
    state[3] = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = (): number => next() / 2 ** 32;

  let spare: number | undefined;
  /** Marsaglia's polar method: two draws a round, the second kept for the next call. */
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const u = (next() + 0.5) / 2 ** 31 - 1;
      const v = (next() + 0.5) / 2 ** 31 - 1;
      const s = u * u + v * v;
      if (s >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * factor;
      return u * factor;
    }
  };

  return {
    uniform,
    normal,
    fillUniform: (out) => {
      for (let i = 0; i < out.length; i++) out[i] = (next() + 1) / 2 ** 32;
      return out;
    },
    integer: (n) => Math.floor(uniform() * n),
    fillNormal: (out) => {
      for (let i = 0; i < out.length; i++) out[i] = normal();
      return out;
    },
    permutation: (n) => {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = Math.floor(uniform() * (i + 1));
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
  };
}
