import ndarray from "ndarray";
import { contiguous, type HostArray, sizeOf } from "./array.ts";
import { type ByteSource, pieces, skip } from "./bytes.ts";
import { InputError } from "./errors.ts";
import { fortranStrides, type NpyHeader } from "./npy.ts";

/** The largest array in Fortran order, in bytes, that is reordered in memory. */
export const MOST_TURNED = 2 ** 30;

/**
 * The bytes of an .npy file in Fortran order, reordered to C order. In Fortran order the numbers of a sample are scattered over the file.
 * So the whole array is read once, when its first byte is asked for, and kept. The header's bytes are zero.
 * Errors (InputError): larger than 1 GiB.
 */
export function rowMajorSource(source: ByteSource, header: NpyHeader, bytes: number): ByteSource {
  const { start, shape } = header;
  const size = sizeOf(shape) * bytes;
  if (size > MOST_TURNED) {
    throw new InputError(
      `${source.where}: is in Fortran order, which is read up to ${MOST_TURNED} bytes only, and has ${size}; save it with ` +
        "numpy.save(f, numpy.ascontiguousarray(a))",
    );
  }
  let turned: Promise<Uint8Array> | undefined;
  async function* stream(from: number): AsyncGenerator<Uint8Array> {
    turned ??= turn(source, header, bytes, size);
    const data = await turned;
    if (from < start) yield new Uint8Array(start - from);
    yield data.subarray(Math.max(0, from - start));
  }
  return { ...source, stream };
}

/** The array's bytes in C order. The bytes of an element are one more axis, which stays the fastest. */
async function turn(source: ByteSource, { start, shape }: NpyHeader, bytes: number, size: number): Promise<Uint8Array> {
  let data: Uint8Array | undefined;
  for await (const piece of pieces(skip(source.stream(0), start), size)) data ??= piece; // read to the end, where the source is checked
  if (data?.length === size) {
    const strides = [...fortranStrides(shape).map((stride) => stride * bytes), 1];
    return contiguous(ndarray(data, [...shape, bytes], strides) as HostArray) as Uint8Array;
  }
  throw new InputError(`${source.where}: file is truncated, expected ${start + size} bytes`);
}
