/** Milliseconds of computing after which events, such as an interruption, are handled. */
const PAUSE_MS = 100;

/** Lets timers and signals run, so that a long computation in JavaScript can be interrupted. Call it every fraction of a second. */
export const yieldToEvents = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** A pause for long computations. Await it often; it lets events run every 0.1 s. If the signal aborts, it throws the signal's reason. */
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
