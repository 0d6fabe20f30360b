import ndarray from "ndarray";
import { arrayDataset, type Dataset, InputError, readFileOrExplain, readRows } from "../../src/data/index.ts";
import { niftiDataset } from "../../src/data/nifti.ts";

/**
 * The slices of a NIfTI volume from the second row and column on where their sides are odd, for wavelets need even ones. Errors (InputError): those of
 * `niftiDataset`.
 */
export async function evenSlices(file: string): Promise<Dataset> {
  const volume = await niftiDataset(file);
  const [height = 0, width = 0] = volume.shape;
  const all = await readRows(volume, 0, volume.count);
  return arrayDataset(file, all.lo(0, height % 2, width % 2));
}

/** Slices and side in pixels of InVesalius's example; its numbers have 16 bits. */
const [SLICES, SIDE] = [108, 256];
/** Its numbers are Hounsfield units from −1024 on, of 12 bits. */
const [LEAST, LEVELS] = [-1024, 4096];

/**
 * The slices of the computed tomography of a head among InVesalius's examples, `matrix.dat` of `Cranium.inv3`: means of 2 × 2 pixels, (HU + 1024)/4096, so
 * that air is near 0 and water .25. Errors (InputError): a file of another size.
 */
export async function craniumSlices(file: string): Promise<Dataset> {
  const bytes = await readFileOrExplain(file);
  const expected = 2 * SLICES * SIDE ** 2;
  if (bytes.length !== expected) {
    throw new InputError(`${file}: expected matrix.dat of Cranium.inv3, ${expected} bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const half = SIDE / 2;
  const data = new Float32Array(SLICES * half ** 2);
  for (let row = 0; row < SLICES * SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const value = (Math.max(LEAST, view.getInt16(2 * (row * SIDE + column), true)) - LEAST) / LEVELS;
      data[(row >> 1) * half + (column >> 1)]! += value / 4;
    }
  }
  return arrayDataset(file, ndarray(data, [SLICES, half, half]));
}
