import ndarray, { type NdArray } from "ndarray";
import { stream } from "../../src/data/index.ts";

/** Waves in each direction. */
const WAVES = 12;

/**
 * Random smooth images [count, size, size, channels] in [0, 1] from a seed: sums of cosines whose amplitudes fall with their
 * frequency, a little noise on every pixel, and colours that go together.
 */
export function smoothImages(count: number, size: number, channels: number, seed = 1): NdArray<Float32Array> {
  const random = stream(seed, "smooth images");
  const wave = Float64Array.from({ length: WAVES * size }, (_, at) =>
    Math.cos((Math.PI * Math.floor(at / size) * ((at % size) + 0.5)) / size),
  );
  const data = new Float32Array(count * size * size * channels);
  const rows = new Float64Array(WAVES * size);
  for (let image = 0; image < count; image++) {
    for (let channel = 0; channel < channels; channel++) {
      rows.fill(0);
      for (let p = 0; p < WAVES; p++) {
        for (let q = 0; q < WAVES; q++) {
          const amplitude = (0.2 * random.normal()) / (1 + p * p + q * q);
          for (let j = 0; j < size; j++) rows[p * size + j]! += amplitude * wave[q * size + j]!;
        }
      }
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          let v = 0.5 + 0.01 * random.normal();
          for (let p = 0; p < WAVES; p++) v += wave[p * size + i]! * rows[p * size + j]!;
          const before = channel > 0 ? data[((image * size + i) * size + j) * channels + channel - 1]! : v;
          data[((image * size + i) * size + j) * channels + channel] = Math.min(1, Math.max(0, (v + before) / 2));
        }
      }
    }
  }
  return ndarray(data, [count, size, size, channels]);
}
