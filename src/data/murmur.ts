const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** MurmurHash3's last step: every bit of the word comes to depend on every other. */
function finished(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

const MULTIPLIERS = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const;
/** For each of the four words: how its input is rotated, how the word itself is rotated, and what is added. */
const WORDS = [
  [15, 19, 0x561ccd1b],
  [16, 17, 0x0bcaa747],
  [17, 15, 0x96cd1c35],
  [18, 13, 0x32ac3b17],
] as const;

/** MurmurHash3, x86, 128 bits (Appleby 2011), seed 0: four 32-bit words from a text's UTF-8 bytes. */
export function murmur128(text: string): [number, number, number, number] {
  const bytes = new TextEncoder().encode(text);
  const whole = bytes.length - (bytes.length % 16);
  const padded = new Uint8Array(whole + 16);
  padded.set(bytes);
  const input = new DataView(padded.buffer);
  const h: [number, number, number, number] = [0, 0, 0, 0];
  const taken = (at: number, i: 0 | 1 | 2 | 3): number => {
    const word = Math.imul(input.getUint32(at + 4 * i, true), MULTIPLIERS[i]);
    return Math.imul(rotated(word, WORDS[i][0]), MULTIPLIERS[((i + 1) % 4) as 0 | 1 | 2 | 3]);
  };
  for (let at = 0; at < whole; at += 16) {
    for (const i of [0, 1, 2, 3] as const) {
      h[i] = rotated(h[i] ^ taken(at, i), WORDS[i][1]) + h[((i + 1) % 4) as 0 | 1 | 2 | 3];
      h[i] = (Math.imul(h[i], 5) + WORDS[i][2]) | 0;
    }
  }
  for (const i of [0, 1, 2, 3] as const) h[i] ^= taken(whole, i) ^ bytes.length;
  spread(h);
  for (const i of [0, 1, 2, 3] as const) h[i] = finished(h[i]);
  spread(h);
  return h.map((word) => word >>> 0) as typeof h;
}

/** Adds all words to the first, then that sum to the others. */
function spread(h: [number, number, number, number]): void {
  h[0] = (h[0] + h[1] + h[2] + h[3]) | 0;
  for (const i of [1, 2, 3] as const) h[i] = (h[i] + h[0]) | 0;
}
