import ndarray, { type NdArray } from "ndarray";
import { contiguous, type HostArray, sizeOf } from "./array.ts";
import { InputError } from "./errors.ts";
import { codecOf, type NpyData } from "./npy-types.ts";

export type { NpyData };
export type NpyArray = NdArray<NpyData>;

/** The header of an .npy file. */
export interface NpyHeader {
  /** NumPy's type: byte order, kind and bytes per element, such as `<f4`. */
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly start: number;
}

const MAGIC = "\x93NUMPY";
/** Bytes as characters of the same code. Not a TextDecoder: its "latin1" is windows-1252, where byte 0x93 is a quotation mark. */
const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** Bytes to read before `parseNpyHeader` can work, for all but absurdly long headers. */
export const NPY_HEADER_BYTES = 4096;

/** Whether bytes begin as an .npy file does. */
export const isNpy = (bytes: Uint8Array): boolean => latin1(bytes.subarray(0, 6)) === MAGIC;

/** Reads the head of an .npy file (versions 1 to 3) from the file's first bytes. */
export function parseNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  if (!isNpy(bytes)) {
    throw new InputError(`${where}: is not an .npy file, it does not begin with \\x93NUMPY`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6]! > 1;
  const head = wide ? 12 : 10;
  if (bytes.length < head) throw new InputError(`${where}: file is truncated in its header`);
  const start = head + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (bytes.length < start) throw new InputError(`${where}: file is truncated in its header`);
  const text = latin1(bytes.subarray(head, start));
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw new InputError(`${where}: header of the .npy file cannot be understood: ${text.trim().slice(0, 80)}`);
  }
  const sizes = shape.split(",").flatMap((s) => (s.trim() === "" ? [] : [Number(s)]));
  return { descr, fortran: fortran === "True", shape: sizes, start };
}

/** Decodes a whole .npy file. Arrays in Fortran order are not reordered; the result's strides describe their order. */
export function decodeNpy(bytes: Uint8Array, where = "npy"): NpyArray {
  const { descr, fortran, shape, start } = parseNpyHeader(bytes, where);
  const codec = codecOf(descr, where);
  const size = sizeOf(shape) * codec.bytes;
  if (bytes.length < start + size) {
    throw new InputError(`${where}: file is truncated, expected ${start + size} bytes, got ${bytes.length}`);
  }
  const data = codec.read(bytes.subarray(start, start + size), where);
  if (!fortran) return ndarray(data, [...shape]);
  return ndarray(data, [...shape], fortranStrides(shape));
}

/** Strides of an array in Fortran order, where the first index is the fastest. */
export const fortranStrides = (shape: readonly number[]): number[] => shape.map((_, i) => sizeOf(shape.slice(0, i)));

function descrOf(data: NpyData): string {
  if (data instanceof Float32Array) return "<f4";
  if (data instanceof Float64Array) return "<f8";
  return data instanceof Int32Array ? "<i4" : "|u1";
}

/** Encodes an array as .npy version 1.0, little endian, C order. `bool` writes bytes as NumPy's bool. */
export function encodeNpy(array: NpyArray, options: { readonly bool?: boolean } = {}): Uint8Array {
  const data = rowMajor(array);
  const descr = options.bool ? "|b1" : descrOf(data);
  const shape = array.shape.length === 1 ? `(${array.shape[0]},)` : `(${array.shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const padded = Math.ceil((10 + text.length + 1) / 64) * 64; // NumPy aligns the data to 64 bytes
  const out = new Uint8Array(padded + data.byteLength);
  const head = `${MAGIC}\x01\x00${String.fromCharCode((padded - 10) & 255, (padded - 10) >> 8)}${text}`.padEnd(
    padded - 1,
  );
  for (let i = 0; i < head.length; i++) out[i] = head.charCodeAt(i);
  out[padded - 1] = 10;
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), padded);
  return out;
}

/** Elements in row-major order: the array's own memory if it has that order already, else a copy. */
const rowMajor = (array: NpyArray): NpyData => contiguous(array as HostArray);
