import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import type { PatchPrior } from "../../../priors/prior.ts";
import { compile } from "../../engine/index.ts";
import { gatesOf, logGates } from "../../sketch/index.ts";

/** Patches whose component is chosen in one compiled run. */
const ROWS = 1024;
/** Patches of one component that are filtered together, and how many such tiles in one run. */
const [TILE, TILES] = [32, 256];

/**
 * The patch step of half-quadratic splitting: argmin_z ‖z − v‖²/(2s²) − log N(z; 0, Σ_k) = Σ_k(Σ_k + s²I)⁻¹v for every patch v, with k the most
 * probable component of v ~ Σ_k π_k N(0, Σ_k + s²I). For that choice each component has `rank` directions and one variance for the rest.
 */
export async function patchStep(prior: PatchPrior, rank: number) {
  const { weights, values, vectors, channels } = prior;
  const [cells, d] = values.shape as [number, number];
  const gates = (s: number) =>
    gatesOf({ weights, values: values.data.map((v) => v + s * s), vectors: vectors.data }, { rank, channels });
  const rows = ndarray(new Float32Array(ROWS * d), [ROWS, d]);
  const tiles = ndarray(new Float32Array(TILES * TILE * d), [TILES, TILE, d]);
  const components = ndarray(new Int32Array(TILES), [TILES]) as NdArray<Int32Array>;
  const shrink = ndarray(new Float32Array(cells * d), [cells, d, 1]);
  const choose = await compile(
    ({ v, ...own }: Record<"v" | "directions" | "flat" | "constants", tf.Tensor>) => tf.argMax(logGates(v, own), 1),
    { v: rows, ...gates(1) },
    { name: "patch component" },
  );
  const filters = await compile(
    (given: { shrink: tf.Tensor; vectors: tf.Tensor }) =>
      tf.matMul(tf.mul(given.vectors, given.shrink), given.vectors, true, false),
    { shrink, vectors },
    { name: "patch filters" },
  );
  const apply = await compile(
    (given: Record<"tiles" | "components" | "filters", tf.Tensor>) =>
      tf.matMul(given.tiles, tf.gather(given.filters, given.components as tf.Tensor1D)),
    { tiles, components, filters: vectors },
    { name: "patch filter" },
  );

  /** The most probable component of every patch. */
  const chosen = async (patches: Float32Array, s: number, signal?: AbortSignal): Promise<Int32Array> => {
    const own = gates(s);
    const out = new Int32Array(patches.length / d);
    for (let from = 0; from < out.length; from += ROWS) {
      signal?.throwIfAborted();
      const block = patches.subarray(from * d, (from + ROWS) * d);
      rows.data.set(block);
      const found = (await choose.run({ v: rows, ...own })) as unknown as NdArray<Int32Array>;
      out.set(found.data.subarray(0, block.length / d), from);
    }
    return out;
  };

  return {
    /** The patch step of patches [n, d] at the standard deviation s. */
    run: async (patches: Float32Array, s: number, signal?: AbortSignal): Promise<Float32Array> => {
      const component = await chosen(patches, s, signal);
      for (const [at, v] of values.data.entries()) shrink.data[at] = v / (v + s * s);
      const matrices = (await filters.run({ shrink, vectors })) as NdArray<Float32Array>;
      const out = new Float32Array(patches.length);
      const byComponent = grouped(component, cells);
      let used = 0;
      const members = new Int32Array(TILES * TILE); // which patch is in each row
      const flush = async () => {
        signal?.throwIfAborted();
        const { data } = (await apply.run({ tiles, components, filters: matrices })) as NdArray<Float32Array>;
        for (let row = 0; row < used * TILE; row++) {
          const patch = members[row]!;
          if (patch >= 0) for (let i = 0; i < d; i++) out[patch * d + i] = data[row * d + i]!;
        }
        used = 0;
      };
      for (let k = 0; k < cells; k++) {
        const own = byComponent.order.subarray(byComponent.starts[k], byComponent.starts[k + 1]);
        for (let from = 0; from < own.length; from += TILE) {
          components.data[used] = k;
          for (let i = 0; i < TILE; i++) {
            const patch = from + i < own.length ? own[from + i]! : -1;
            members[used * TILE + i] = patch;
            if (patch < 0) continue;
            const to = (used * TILE + i) * d;
            for (let j = 0; j < d; j++) tiles.data[to + j] = patches[patch * d + j]!;
          }
          if (++used === TILES) await flush();
        }
      }
      if (used > 0) await flush();
      return out;
    },
    dispose: async () => {
      for (const compiled of [choose, filters, apply]) await compiled.dispose();
    },
  };
}

/** The places 0, 1, … in the order of their components, and where each component begins. */
function grouped(component: Int32Array, cells: number) {
  const starts = new Int32Array(cells + 1);
  for (const k of component) starts[k + 1]!++;
  for (let k = 0; k < cells; k++) starts[k + 1]! += starts[k]!;
  const next = starts.slice();
  const order = new Int32Array(component.length);
  for (const [at, k] of component.entries()) order[next[k]!++] = at;
  return { order, starts };
}
