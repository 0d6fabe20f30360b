export type ConstantData = Float32Array | Int32Array | Uint8Array | BigInt64Array | Float64Array;

/** Copies of arrays, keyed by the original array. They are kept as long as a graph holds them. */
const copies = new WeakMap<ConstantData, WeakRef<ConstantData>>();

/**
 * A copy of `data` with its present values, so that later changes of the array do not change a compiled function. As long as the array does
 * not change, all graphs share one copy. So a large matrix is held twice, not once for every graph.
 */
export function frozen<T extends ConstantData>(data: T): T {
  const known = copies.get(data)?.deref();
  if (known && sameBits(known, data)) return known as T;
  const copy = data.slice() as T;
  copies.set(data, new WeakRef(copy));
  return copy;
}

/** Equal bits, NaN and the sign of zero included. */
export function sameBits(a: ConstantData, b: ConstantData): boolean {
  if (a === b) return true;
  if (a.byteLength !== b.byteLength) return false;
  const [p, q] = [words(a), words(b)];
  for (let i = 0; i < p.length; i++) if (p[i] !== q[i]) return false;
  return true;
}

/** The array's memory as 32-bit words if its elements have 32 bits, else as bytes. */
const words = ({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT }: ConstantData): Int32Array | Uint8Array =>
  BYTES_PER_ELEMENT === 1
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Int32Array(buffer, byteOffset, byteLength / 4);
