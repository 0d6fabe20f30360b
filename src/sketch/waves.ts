import { instantiate } from "#waves";
import type { OutsideSums } from "./families/family.ts";
import type { ProductLayout } from "./product.ts";

/** The functions of assembly/waves.ts. Places are bytes in the memory. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  phases(list: number, rows: number, k: number, features: number, n: number, to: number): void;
  rowSums(values: number, rows: number, length: number, count: number, to: number): void;
  waves(phases: number, count: number, cosTo: number, sinTo: number): void;
  productSums(
    a: number,
    P: number,
    b: number,
    Q: number,
    length: number,
    sines: number,
    count: number,
    cosTo: number,
    sinTo: number,
    step: number,
  ): void;
}

/** Vectors of four numbers reach so many bytes beyond the last numbers of an array. */
const BEYOND = 16;
const PAGE = 65536;

/** The functions, and room for arrays of so many float32 numbers: where they are and as arrays of JavaScript. */
function open(sizes: Readonly<Record<string, number>>) {
  const kernels = instantiate() as Kernels;
  const bytes = Object.values(sizes).map((size) => 4 * size + BEYOND);
  let next = kernels.memory.grow(Math.ceil(bytes.reduce((a, b) => a + b, 0) / PAGE)) * PAGE;
  const places: Record<string, number> = {};
  const arrays: Record<string, Float32Array> = {};
  for (const [i, [name, size]] of Object.entries(sizes).entries()) {
    places[name] = next;
    arrays[name] = new Float32Array(kernels.memory.buffer, next, size);
    next += bytes[i]!;
  }
  return { kernels, places, arrays };
}

/** Lists of vectors a whose phases aᵀu are summed, for blocks of n samples with features u. */
export interface PhaseLists {
  /** Number of vectors of each list. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The vectors of each list, [size, k], if their phases are made here from `features` [k, n]; else the graph makes them, [size, n] by the name of the list. */
  readonly vectors?: { readonly k: number; readonly of: Readonly<Record<string, Float32Array>> };
  readonly n: number;
}

/** Phases of at most `most` vectors of a list at a time, and room for more arrays. */
function openPhases({ sizes, vectors, n }: PhaseLists, most: number, room: Readonly<Record<string, number>>) {
  const k = vectors?.k ?? 0;
  const lists = Object.entries(sizes).map(([name, size]) => [name, size * (vectors ? k : n)] as const);
  const made = vectors && { features: k * n, phases: most * n };
  const { kernels, places, arrays } = open({ ...Object.fromEntries(lists), ...made, ...room });
  for (const [name, list] of Object.entries(vectors?.of ?? {})) arrays[name]!.set(list);
  const given = vectors ? ["features"] : Object.keys(sizes);
  return {
    ...{ kernels, places, arrays },
    given: Object.fromEntries(given.map((name) => [name, arrays[name]!])),
    /** The place of the phases of `rows` vectors of a list from `row` on. */
    phases(list: string, row: number, rows: number): number {
      if (!vectors) return places[list]! + 4 * row * n;
      kernels.phases(places[list]! + 4 * row * k, rows, k, places.features!, n, places.phases!);
      return places.phases!;
    },
  };
}

/** Phases of so many vectors are made and summed together, so that they stay in the processor's cache. */
const ROWS = 16;

/** Σ cos and Σ sin of the phases of m vectors, the list `phase`. */
export function phaseSums(lists: PhaseLists, groups: number): OutsideSums {
  const { n } = lists;
  const m = lists.sizes.phase!;
  const { kernels, places, arrays, given, phases } = openPhases(lists, ROWS, {
    ...{ cosines: ROWS * n, sines: ROWS * n, cos: groups * m, sin: groups * m },
  });
  return {
    places: given,
    add: (_, stretches) => {
      for (let row = 0; row < m; row += ROWS) {
        const rows = Math.min(ROWS, m - row);
        kernels.waves(phases("phase", row, rows), rows * n, places.cosines!, places.sines!);
        for (const [group, { from, to }] of stretches.entries()) {
          const into = 4 * (group * m + row);
          kernels.rowSums(places.cosines! + 4 * from, rows, 4 * n, to - from, places.cos! + into);
          kernels.rowSums(places.sines! + 4 * from, rows, 4 * n, to - from, places.sin! + into);
        }
      }
      return { cos: arrays.cos!, sin: arrays.sin! };
    },
  };
}

/** Σ cos and Σ sin of the first m product frequencies, from the lists `rows` and `columns`. The waves of a block stay in the processor's cache. */
export function productSums(lists: PhaseLists, layout: ProductLayout, m: number, groups: number): OutsideSums {
  const { n } = lists;
  const { blocks, rows: P, columns: Q } = layout;
  const all = 2 * blocks * P * Q;
  const room = { cosines: (P + Q) * n, sines: (P + Q) * n, cos: groups * all, sin: groups * all };
  const { kernels, places, arrays, given, phases } = openPhases(lists, Math.max(P, Q), room);
  const result = { cos: new Float32Array(groups * m), sin: new Float32Array(groups * m) };
  const [a, b] = [places.cosines!, places.cosines! + 4 * P * n];
  const apart = places.sines! - places.cosines!;
  const waves = (list: string, size: number, block: number, to: number) => {
    kernels.waves(phases(list, block * size, size), size * n, to, to + apart);
  };
  return {
    places: given,
    add: (_, stretches) => {
      for (let block = 0; block < blocks; block++) {
        waves("rows", P, block, a);
        waves("columns", Q, block, b);
        for (const [group, { from, to }] of stretches.entries()) {
          const [at, into] = [4 * from, 4 * (group * all + block)];
          const sums = [places.cos! + into, places.sin! + into, 4 * blocks] as const;
          kernels.productSums(a + at, P, b + at, Q, 4 * n, apart, to - from, ...sums);
        }
      }
      for (const name of ["cos", "sin"] as const) {
        for (let group = 0; group < groups; group++) {
          result[name].set(arrays[name]!.subarray(group * all, group * all + m), group * m);
        }
      }
      return result;
    },
  };
}
