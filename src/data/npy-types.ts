import { InputError } from "./errors.ts";

/** The typed arrays that .npy files are read into. */
export type NpyData = Float32Array | Float64Array | Int32Array | Uint8Array;

export interface Codec {
  readonly bytes: number;
  /** Elements from `count * bytes` bytes; error messages begin with `where`. */
  read(bytes: Uint8Array, where: string): NpyData;
}

/** A copy that is aligned for any element type (a Buffer's slice would share its pool). */
const aligned = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/** Readers of little-endian elements by NumPy's kind and size. Each type becomes the smallest array type that holds it exactly. */
const readers: Readonly<Record<string, Codec["read"]>> = {
  f2: (b) => Float32Array.from(new Uint16Array(aligned(b)), fromHalf),
  f4: (b) => new Float32Array(aligned(b)),
  f8: (b) => new Float64Array(aligned(b)),
  i1: (b) => Int32Array.from(new Int8Array(aligned(b))),
  i2: (b) => Int32Array.from(new Int16Array(aligned(b))),
  i4: (b) => new Int32Array(aligned(b)),
  i8: (b, where) => narrowed(new BigInt64Array(aligned(b)), where),
  u1: (b) => new Uint8Array(b),
  u2: (b) => Int32Array.from(new Uint16Array(aligned(b))),
  u4: (b) => Float64Array.from(new Uint32Array(aligned(b))),
  u8: (b, where) => narrowed(new BigUint64Array(aligned(b)), where),
  b1: (b) => new Uint8Array(b),
};

/** A number of 16 bits (IEEE 754): sign, 5 bits of exponent, 10 of fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** 64-bit integers become int32. Errors (InputError): a number does not fit. */
function narrowed(wide: BigInt64Array | BigUint64Array, where: string): Int32Array {
  const out = new Int32Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    out[i] = Number(wide[i]);
    if (BigInt(out[i]!) !== wide[i]) throw new InputError(`${where}: 64-bit value ${wide[i]} does not fit in 32 bits`);
  }
  return out;
}

/** The bytes of each element in reverse order: big-endian elements become little-endian. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += size) {
    for (let i = 0; i < size; i++) out[at + i] = bytes[at + size - 1 - i]!;
  }
  return out;
}

/**
 * How elements of NumPy's type `descr` are read: floats of 16, 32 and 64 bits, integers of 8 to 64, bool, in either byte order.
 * Errors (InputError): another type; the message tells how to convert it.
 */
export function codecOf(descr: string, where: string): Codec {
  const [order, type] = [descr.slice(0, 1), descr.slice(1)];
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (!read || !"<>|".includes(order)) {
    throw new InputError(
      `${where}: elements of type ${descr} cannot be read (floats of 16 to 64 bits, integers and bool can); ` +
        "convert in NumPy with a.astype(numpy.float32)",
    );
  }
  const bytes = Number(type.slice(1));
  return { bytes, read: order === ">" ? (raw, where) => read(swapped(raw, bytes), where) : read };
}
