/** A value that is computed when it is first asked for. */
export function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= compute();
    return value;
  };
}

/** The same for every key, kept as long as the key is. What failed is computed again when it is next asked for. */
export function oncePer<K extends object, T>(compute: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const values = new WeakMap<K, Promise<T>>();
  return (key) => {
    const known = values.get(key);
    if (known) return known;
    const value = compute(key);
    values.set(key, value);
    value.catch(() => values.delete(key));
    return value;
  };
}
