import ndarray from "ndarray";
import { allBytes, fileSource } from "./bytes.ts";
import { InputError, messageOf } from "./errors.ts";
import { fileSize } from "./files.ts";
import { arrayDataset, type Dataset } from "./rows.ts";

export const isNiftiName = (file: string): boolean => /\.nii(\.gz)?$/i.test(file);

/** How a voxel is read, by NIfTI's code of its type. */
const types: Readonly<
  Record<number, { readonly bytes: number; read(view: DataView, at: number, little: boolean): number }>
> = {
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  4: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  8: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  16: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  64: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  256: { bytes: 1, read: (view, at) => view.getInt8(at) },
  512: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  768: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
};

/**
 * The slices of a NIfTI volume (`.nii`, `.nii.gz`) as images [ny, nx], in the order and orientation of the file; those of later times follow. Numbers
 * are scaled as the header says and divided by the largest, because intensities of MRI have no unit: the images are in [0, 1] where nothing is
 * negative. The whole volume is in memory.
 * Errors (InputError): no NIfTI file or a damaged one, complex or colour voxels, a volume that is 0 or not finite.
 */
export async function niftiDataset(file: string): Promise<Dataset> {
  const nifti = await import("nifti-reader-js");
  const all = await allBytes(await fileSource(file));
  const bytes = all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength) as ArrayBuffer;
  const damaged = (why: string) => new InputError(`${file}: is no NIfTI volume that can be read: ${why}`);
  let header: ReturnType<typeof nifti.readHeader> | undefined;
  try {
    if (nifti.isNIFTI(bytes)) header = nifti.readHeader(bytes);
  } catch (error) {
    throw damaged(messageOf(error));
  }
  if (!header) throw damaged("it has no header of NIfTI-1 or NIfTI-2");
  const { dims, datatypeCode, littleEndian, vox_offset: start, scl_slope: slope, scl_inter: offset } = header;
  const type = types[datatypeCode];
  if (!type) {
    throw new InputError(
      `${file}: has voxels of NIfTI's type ${datatypeCode}; expected integers of 8 to 32 bits or floating-point numbers`,
    );
  }
  const [rank = 0, width = 0, height = 0, ...others] = dims;
  const slices = others.slice(0, rank - 2).reduce((a, b) => a * b, 1);
  const count = width * height * slices;
  if (!(rank >= 2 && count > 0)) throw damaged(`its dimensions are ${dims.slice(1, 1 + rank).join(" × ")}`);
  if (bytes.byteLength < start + count * type.bytes) {
    throw damaged(`it ends after ${bytes.byteLength} of ${start + count * type.bytes} bytes`);
  }
  const view = new DataView(bytes);
  const data = new Float32Array(count);
  const scaled = slope !== 0 && Number.isFinite(slope);
  let most = 0;
  for (let i = 0; i < count; i++) {
    const stored = type.read(view, start + i * type.bytes, littleEndian);
    const value = scaled ? slope * stored + offset : stored;
    data[i] = value;
    most = Math.max(most, Math.abs(value)); // NaN stays NaN
  }
  if (!(most > 0 && Number.isFinite(most))) throw damaged(`its largest number is ${most}`);
  for (let i = 0; i < count; i++) data[i]! /= most;
  return {
    ...arrayDataset(file, ndarray(data, [slices, height, width])),
    stored: async () => ({ raw: count * type.bytes, files: await fileSize(file) }),
  };
}
