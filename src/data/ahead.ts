/**
 * The values of a generator, in order. The next one is asked for as soon as one is there, so it is made while that is used. On an abort no more come, and one that is being
 * made is not waited for.
 */
export async function* ahead<T>(values: AsyncGenerator<T>, signal?: AbortSignal): AsyncGenerator<T> {
  const ask = () => {
    const asked = values.next();
    asked.catch(() => {}); // it is awaited later, or never
    return asked;
  };
  let stop = () => {};
  const onAbort = () => stop();
  signal?.addEventListener("abort", onAbort);
  // A race with one promise of the abort would keep every value until that promise settles.
  const orStopped = (asked: Promise<IteratorResult<T>>) =>
    new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
      stop = () => resolve(undefined);
      asked.then(resolve, reject);
    });
  let next = ask();
  try {
    for (;;) {
      const result = signal?.aborted ? undefined : await orStopped(next);
      if (!result || result.done) return;
      next = ask();
      yield result.value;
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    const ended = values.return(undefined);
    if (signal?.aborted) ended.catch(() => {});
    else await ended;
  }
}
