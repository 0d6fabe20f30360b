/** Numbers of one batch: enough to keep the processor busy. */
const BATCH_NUMBERS = 2 ** 17;

/**
 * Splits `lambdas` into batches that are solved together. `numbers` is how many numbers the signals of one λ hold. A batch runs until
 * its slowest λ has converged: all λ of one 256 × 256 image at once took twice as long as one by one.
 */
export function solvedAtOnce(lambdas: readonly number[], numbers: number): number[][] {
  const count = Math.max(1, Math.floor(BATCH_NUMBERS / numbers));
  return Array.from({ length: Math.ceil(lambdas.length / count) }, (_, i) => lambdas.slice(i * count, (i + 1) * count));
}
