/** The bytes of an .npy file with any header, as NumPy's `numpy.lib.format` describes it. */
export function npyFile(descr: string, shape: readonly number[], data: Uint8Array, fortran = false): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }`;
  const head = Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00__", "latin1"),
    Buffer.from(text.padEnd(117)),
    Buffer.from("\n"),
  ]);
  head.writeUInt16LE(118, 8);
  return Buffer.concat([head, data]);
}

/** The bytes of numbers, as a DataView writes them. */
export function bytesOf(
  size: number,
  count: number,
  write: (view: DataView, at: number, i: number) => void,
): Uint8Array {
  const bytes = new Uint8Array(size * count);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) write(view, i * size, i);
  return bytes;
}

/** Every type that is read, with the numbers 0 … n-1 in it. Half floats of whole numbers below 8 are written by hand. */
const halves = [0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700];
type Write = (view: DataView, at: number, v: number, little: boolean) => void;
const writers: Readonly<Record<string, Write>> = {
  f2: (view, at, v, little) => view.setUint16(at, halves[v]!, little),
  f4: (view, at, v, little) => view.setFloat32(at, v, little),
  f8: (view, at, v, little) => view.setFloat64(at, v, little),
  i1: (view, at, v) => view.setInt8(at, v),
  i2: (view, at, v, little) => view.setInt16(at, v, little),
  i4: (view, at, v, little) => view.setInt32(at, v, little),
  i8: (view, at, v, little) => view.setBigInt64(at, BigInt(v), little),
  u1: (view, at, v) => view.setUint8(at, v),
  u2: (view, at, v, little) => view.setUint16(at, v, little),
  u4: (view, at, v, little) => view.setUint32(at, v, little),
  u8: (view, at, v, little) => view.setBigUint64(at, BigInt(v), little),
};

/** An .npy file of every type and byte order, that holds the numbers 0 … 5 in shape [2, 3]. */
export const everyType: Readonly<Record<string, Buffer>> = Object.fromEntries(
  Object.entries(writers).flatMap(([type, write]) =>
    (type.endsWith("1") ? ["|"] : ["<", ">"]).map((order) => {
      const data = bytesOf(Number(type[1]), 6, (view, at, i) => write(view, at, i, order !== ">"));
      return [`${order}${type}`, npyFile(`${order}${type}`, [2, 3], data)];
    }),
  ),
);
