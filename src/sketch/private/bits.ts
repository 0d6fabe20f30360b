import { stream } from "../../data/random.ts";

/** A source of independent uniform integers from 0 to 2³² − 1. */
export type Bits = () => number;

/** 32-bit numbers fetched at once: the most that Web Crypto gives in one call. */
const POOL = 2 ** 14;

/** The system's cryptographic source (Web Crypto, which is `node:crypto` in Node). */
export function cryptographicBits(): Bits {
  const pool = new Uint32Array(POOL);
  let next = POOL;
  return () => {
    if (next === POOL) {
      crypto.getRandomValues(pool);
      next = 0;
    }
    return pool[next++]!;
  };
}

/** A source that anybody who knows the seed can repeat: for tests. What it hides is not private. */
export function seededBits(seed: number): Bits {
  const random = stream(seed, "privacy noise");
  return () => Math.floor(random.uniform() * 2 ** 32);
}
