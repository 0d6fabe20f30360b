import type { Random } from "../src/data/random.ts";

/**
 * Which Fourier coefficients of an image an MRI scanner measures. Frequencies are those of `fft2`: index k of n is the frequency
 * k up to (n − 1)/2, and k − n beyond.
 */

/**
 * Rows of k-space of a Cartesian scan, ascending: the `centre` of lowest frequency, 0, 1, −1, 2, …, and others at random to `count` in all. These
 * are drawn one after the other without repetition, with probabilities proportional to (1 − |f|/(⌊rows/2⌋ + 1))²: densities that
 * fall as a polynomial of the frequency (Lustig, Donoho, Pauly 2007, "Sparse MRI").
 */
export function cartesianRows(rows: number, count: number, centre: number, random: Random): Int32Array {
  const frequency = (k: number) => Math.min(k, rows - k); // |f|
  const inward = Array.from({ length: rows }, (_, k) => k).sort((a, b) => frequency(a) - frequency(b) || a - b);
  const density = (k: number) => (1 - frequency(k) / (Math.floor(rows / 2) + 1)) ** 2;
  // the smallest of exponential waiting times with these rates are such draws (Efraimidis, Spirakis 2006)
  const others = inward
    .slice(centre)
    .map((k) => ({ k, wait: -Math.log(1 - random.uniform()) / density(k) }))
    .sort((a, b) => a.wait - b.wait)
    .slice(0, count - centre);
  return Int32Array.from([...inward.slice(0, centre), ...others.map(({ k }) => k)]).sort();
}

/**
 * Coefficients next to straight lines through the centre of k-space, at angles πl/lines from the horizontal: one of each column of a line
 * that is nearer to the horizontal, else one of each row. As places row by row, ascending. The frequency n/2 of an even n is left out.
 * Source: Candès, Romberg, Tao 2006, "Robust uncertainty principles".
 */
export function radialPlaces(rows: number, columns: number, lines: number): Int32Array {
  const [top, right] = [Math.floor((rows - 1) / 2), Math.floor((columns - 1) / 2)];
  const places = new Set<number>([0]);
  const add = (row: number, column: number) => {
    if (Math.abs(row) > top || Math.abs(column) > right) return;
    places.add(((row + rows) % rows) * columns + ((column + columns) % columns));
  };
  const nearest = (v: number) => Math.sign(v) * Math.round(Math.abs(v)); // the same on both sides of the centre
  for (let line = 0; line < lines; line++) {
    const [across, up] = [Math.cos((Math.PI * line) / lines) * columns, Math.sin((Math.PI * line) / lines) * rows];
    if (Math.abs(across) >= Math.abs(up)) for (let f = -right; f <= right; f++) add(nearest((f * up) / across), f);
    else for (let f = -top; f <= top; f++) add(f, nearest((f * across) / up));
  }
  return Int32Array.from(places).sort();
}
