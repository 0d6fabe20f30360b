import { pauses } from "../src/engine/events.ts";

/** The rows and columns of a matrix [n, n] that `numbers` names, as a new matrix. Ends with the signal's reason. */
export async function submatrix(
  matrix: ArrayLike<number>,
  n: number,
  numbers: readonly number[],
  signal?: AbortSignal,
): Promise<Float64Array> {
  const pause = pauses(signal);
  const size = numbers.length;
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    await pause();
    const row = numbers[i]! * n;
    for (let j = 0; j < size; j++) out[i * size + j] = matrix[row + numbers[j]!]!;
  }
  return out;
}
