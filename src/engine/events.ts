/** Lets timers and signals run, so that a long computation in JavaScript can be interrupted. Call it every fraction of a second. */
export const yieldToEvents = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
