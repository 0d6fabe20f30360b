import { takeMeans } from "../../data/channel-means.ts";
import { addPatches, bandsOf, covered, type Grid, patchesOf, type Sizes } from "../../data/grid.ts";
import type { Random } from "../../data/random.ts";
import type { Filters, PatchStep } from "./patch-step.ts";

/** The precision of images of which every patch is Gaussian about its own mean: J = Σ_P c_P P'(Σ_k(P) + s²I)⁻¹P. */
export interface PatchPrecision {
  /** Adds `scale` Jx to `sums`, for rows of images [rows, n]. */
  add(sums: Float64Array, x: Float32Array, scale: number): Promise<void>;
  /** Adds `scale` times a draw of N(0, J) to every row of `sums` [rows, n]; each row takes its normal numbers from its own stream. */
  addDraws(sums: Float64Array, streams: readonly Random[], scale: number): Promise<void>;
}

export interface PatchPrecisionOptions {
  readonly grid: Grid;
  readonly sizes: Sizes;
  /** s */
  readonly s: number;
  /** Patches that are filtered at a time. */
  readonly most: number;
  readonly pause: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/**
 * J at an image: k(P) is the most probable component of its patch P under N(0, Σ_k + s²I), and c_P the mean of 1/(patches that hold a pixel)
 * over the pixels of P, which is 1/p² for patches of p × p at every pixel. The means of patches are free: P takes them away.
 */
export async function patchPrecision(
  patch: PatchStep,
  image: Float32Array,
  { grid, sizes, s, most, pause, signal }: PatchPrecisionOptions,
): Promise<PatchPrecision> {
  const n = image.length;
  const d = sizes.side ** 2 * sizes.channels;
  const inverse = await patch.filtersOf((v) => 1 / (v + s * s));
  const root = await patch.filtersOf((v) => 1 / Math.sqrt(v + s * s));
  const down = sharesOf(grid.rows, sizes.height, sizes.side);
  const across = sharesOf(grid.columns, sizes.width, sizes.side);
  const bands: Band[] = [];
  for (const band of bandsOf(grid, most)) {
    const { patches } = patchesOf(image, band, sizes);
    const weights = band.rows.flatMap((y) => band.columns.map((x) => down.get(y)! * across.get(x)!));
    bands.push({ grid: band, weights, components: await patch.chosen(patches, s, signal) });
    await pause();
  }
  /** Adds the filtered patches of every row, times `scale` c^power. `patchesFor` gives those of one row and band, without their means. */
  const addAll = async (
    sums: Float64Array,
    patchesFor: (row: number, band: Band) => Float32Array,
    { filters, power, scale }: { readonly filters: Filters; readonly power: number; readonly scale: number },
  ) => {
    const rows = sums.length / n;
    for (const band of bands) {
      const count = band.weights.length;
      const joined = new Float32Array(rows * count * d);
      const components = new Int32Array(rows * count);
      for (let row = 0; row < rows; row++) {
        joined.set(patchesFor(row, band), row * count * d);
        components.set(band.components, row * count);
      }
      const patches = await patch.filtered(joined, components, filters, signal);
      const factors = band.weights.map((c) => scale * c ** power);
      for (let at = 0; at < patches.length; at++) patches[at]! *= factors[Math.floor(at / d) % count]!;
      for (let row = 0; row < rows; row++) {
        const own = patches.subarray(row * count * d, (row + 1) * count * d);
        addPatches(sums.subarray(row * n, (row + 1) * n), { patches: own }, band.grid, sizes);
      }
      await pause();
    }
  };
  return {
    add: (sums, x, scale) =>
      addAll(sums, (row, band) => patchesOf(x.subarray(row * n, (row + 1) * n), band.grid, sizes).patches, {
        ...{ filters: inverse, power: 1, scale },
      }),
    addDraws: (sums, streams, scale) =>
      addAll(
        sums,
        (row, band) => {
          const normals = streams[row]!.fillNormal(new Float32Array(band.weights.length * d));
          takeMeans(normals, d, sizes.channels);
          return normals;
        },
        { filters: root, power: 0.5, scale },
      ),
  };
}

/** Some of the patches: c_P and k(P) of each. */
interface Band {
  readonly grid: Grid;
  readonly weights: readonly number[];
  readonly components: Int32Array;
}

/** By the corner of a patch, the mean of 1/(patches that hold a place) over its places, along one axis. */
function sharesOf(corners: readonly number[], length: number, side: number): Map<number, number> {
  const counts = covered(corners, length, side);
  return new Map(
    corners.map((corner) => [corner, counts.subarray(corner, corner + side).reduce((sum, n) => sum + 1 / n, 0) / side]),
  );
}
