/** Numbers of one batch: enough to keep the processor busy. */
const BATCH_NUMBERS = 2 ** 17;

/**
 * The λ to solve in one batch, part by part, where one λ has so many numbers in all its signals. A batch goes on until its slowest λ
 * has converged: all λ of one 256 × 256 image at once took twice as long as one by one.
 */
export function solvedAtOnce(lambdas: readonly number[], numbers: number): number[][] {
  const count = Math.max(1, Math.floor(BATCH_NUMBERS / numbers));
  return Array.from({ length: Math.ceil(lambdas.length / count) }, (_, i) => lambdas.slice(i * count, (i + 1) * count));
}
