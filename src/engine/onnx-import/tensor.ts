import { sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { ConstantData } from "../constant.ts";
import { type DType, typedArray } from "../graph.ts";

/** A tensor of a file, in the types of TensorFlow.js: int64 as int32, float16 and float64 as float32. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: ConstantData;
}

/** A TensorProto, as protobufjs gives it. */
export interface TensorProto {
  readonly name?: string;
  readonly dims?: readonly number[];
  readonly data_type?: number;
  readonly raw_data?: Uint8Array;
  readonly float_data?: readonly number[];
  readonly int32_data?: readonly number[];
  readonly int64_data?: readonly number[];
  readonly double_data?: readonly number[];
  readonly external_data?: readonly { readonly key: string; readonly value: string }[];
  readonly data_location?: number;
}

/** Reads a file beside the model. Errors (InputError): there is none. */
export type ReadBeside = (location: string) => Promise<Uint8Array>;

/** TensorProto.DataType: the dtype here, bytes a number, and how raw bytes are read. */
const types: Readonly<
  Record<number, { readonly dtype: DType; readonly bytes: number; readonly read: (v: DataView, at: number) => number }>
> = {
  1: { dtype: "float32", bytes: 4, read: (v, at) => v.getFloat32(at, true) },
  2: { dtype: "int32", bytes: 1, read: (v, at) => v.getUint8(at) },
  3: { dtype: "int32", bytes: 1, read: (v, at) => v.getInt8(at) },
  5: { dtype: "int32", bytes: 2, read: (v, at) => v.getInt16(at, true) },
  6: { dtype: "int32", bytes: 4, read: (v, at) => v.getInt32(at, true) },
  7: { dtype: "int32", bytes: 8, read: (v, at) => Number(v.getBigInt64(at, true)) },
  9: { dtype: "bool", bytes: 1, read: (v, at) => v.getUint8(at) },
  10: { dtype: "float32", bytes: 2, read: (v, at) => half(v.getUint16(at, true)) },
  11: { dtype: "float32", bytes: 8, read: (v, at) => v.getFloat64(at, true) },
};

/** The dtype of a TensorProto.DataType; undefined for one that is not known. */
export const dtypeOfType = (type: number): DType | undefined => types[type]?.dtype;

/** The numbers of a TensorProto, from itself or from the file that it names. Errors (InputError): another type, a wrong number of bytes. */
export async function storedTensor(proto: TensorProto, read: ReadBeside, where: string): Promise<StoredTensor> {
  const shape = proto.dims ?? [];
  const type = types[proto.data_type ?? 0];
  const size = sizeOf(shape);
  const who = `${where}: the tensor ${proto.name ?? ""}`;
  if (!type) throw new InputError(`${who}: has the element type ${proto.data_type}; export the network in float32`);
  const raw = isExternal(proto) ? await external(proto, read, who) : proto.raw_data;
  const listed = [proto.float_data, proto.int32_data, proto.int64_data, proto.double_data].find((l) => l?.length);
  const half16 = proto.data_type === 10; // float16 in int32_data is its bits
  const found = listed
    ? listed.map((v) => (half16 ? half(v) : v))
    : numbersOf(raw ?? new Uint8Array(0), type.bytes, type.read);
  if (found.length !== size) {
    throw new InputError(`${who}: expected ${size} numbers of [${shape.join(", ")}], got ${found.length}`);
  }
  return { shape, dtype: type.dtype, data: typed(found, type.dtype) };
}

function numbersOf(raw: Uint8Array, bytes: number, read: (v: DataView, at: number) => number): ArrayLike<number> {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const out = new Float64Array(Math.floor(raw.byteLength / bytes));
  for (let i = 0; i < out.length; i++) out[i] = read(view, i * bytes);
  return out;
}

const INT32 = 2 ** 31 - 1;

/** Integers beyond int32 stand for "to the end" in slices, and become its ends. */
export const typed = (values: ArrayLike<number>, dtype: DType): ConstantData =>
  typedArray(dtype === "int32" ? Array.from(values, (v) => Math.max(-INT32 - 1, Math.min(INT32, v))) : values, dtype);

const isExternal = ({ data_location }: TensorProto): boolean => data_location === 1;

/** Where the numbers of an external tensor are. */
const placeOf = ({ external_data = [] }: TensorProto): { location?: string; offset?: string; length?: string } =>
  Object.fromEntries(external_data.map(({ key, value }) => [key, value]));

/** The files that tensors are kept in, each once. */
export const locationsOf = (protos: readonly TensorProto[]): string[] => [
  ...new Set(protos.filter(isExternal).flatMap((proto) => placeOf(proto).location ?? [])),
];

async function external(proto: TensorProto, read: ReadBeside, who: string): Promise<Uint8Array> {
  const { location, offset = "0", length } = placeOf(proto);
  if (location === undefined) throw new InputError(`${who}: is in a file of its own that it does not name`);
  const bytes = await read(location);
  const end = length === undefined ? bytes.length : Number(offset) + Number(length);
  if (end > bytes.length) {
    throw new InputError(`${who}: expected ${end} bytes in ${location}, got ${bytes.length}; export the network again`);
  }
  return bytes.subarray(Number(offset), end);
}

/** A number of 16 bits (IEEE 754 binary16). */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
