/** Milliseconds of computing after which an interruption is heard. */
const PAUSE_MS = 100;

/** Lets timers and signals run, so that a long computation in JavaScript can be interrupted. Call it every fraction of a second. */
export const yieldToEvents = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** A pause for long computations: awaited often, it lets events run every 0.1 s. Ends with the signal's reason when it aborts. */
export function pauses(signal?: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= PAUSE_MS) {
      await yieldToEvents();
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
