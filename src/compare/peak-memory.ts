/** Milliseconds between two looks. */
const EVERY = 20;

/**
 * Runs a task and tells the largest resident memory of the whole process meanwhile, in bytes, as far as looks every 20 ms see it. It
 * includes what was there before: the program itself, the data, the priors.
 */
export async function withPeakMemory<T>(
  task: () => Promise<T>,
): Promise<{ readonly result: T; readonly peak: number }> {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  look();
  const timer = setInterval(look, EVERY);
  try {
    const result = await task();
    look();
    return { result, peak };
  } finally {
    clearInterval(timer);
  }
}
