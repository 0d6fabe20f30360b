/** Real and imaginary parts of every coefficient of a complex image [h, w], row by row, by the definition of the orthonormal Fourier transform. */
export function naiveFourier(
  h: number,
  w: number,
  pixel: (i: number, j: number) => readonly [real: number, imaginary: number],
): number[] {
  return Array.from({ length: h * w }, (_, at) => {
    const [k, l] = [Math.floor(at / w), at % w];
    let [re, im] = [0, 0];
    for (let i = 0; i < h; i++) {
      for (let j = 0; j < w; j++) {
        const phase = -2 * Math.PI * ((k * i) / h + (l * j) / w);
        const [a, b] = pixel(i, j);
        re += a * Math.cos(phase) - b * Math.sin(phase);
        im += a * Math.sin(phase) + b * Math.cos(phase);
      }
    }
    return [re / Math.sqrt(h * w), im / Math.sqrt(h * w)];
  }).flat();
}
