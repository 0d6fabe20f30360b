/** The values of a generator, in order. The next one is asked for as soon as one is there, so it is made while that is used. */
export async function* ahead<T>(values: AsyncGenerator<T>): AsyncGenerator<T> {
  const ask = () => {
    const asked = values.next();
    asked.catch(() => {}); // it is awaited later, or never
    return asked;
  };
  let next = ask();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = ask();
      yield value;
    }
  } finally {
    await values.return(undefined);
  }
}
