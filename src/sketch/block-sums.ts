import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { compile } from "../engine/index.ts";
import { addInCells, type CellSquares, cellSquares } from "./cell-sums.ts";
import { dimensionsOf, isByLabel, LABEL_COUNT, type SketchDesign, sumGrids } from "./design.ts";
import { encoded, warpsFor } from "./encoded.ts";
import { addRounded, type ExactSums } from "./exact-sums.ts";
import type { OutsideSums, Stretch } from "./families/family.ts";
import { type FamilySpec, familyOf } from "./families/index.ts";

type Arrays = Readonly<Record<string, NdArray<Float32Array>>>;
type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Results of the graph that are no sums yet have this between their family and their name. */
const APART = "/";

/**
 * The sums of one block, compiled once. Equal blocks give equal bits: samples are sorted by their labels, a shorter block is padded with zeros of weight 0, and one thread computes, because
 * ONNX Runtime cuts products differently for each number of threads.
 */
export async function compileBlock(design: SketchDesign) {
  const { block: rows, arrays, families } = design;
  const grids = sumGrids(design);
  const dimensions = dimensionsOf(design);
  const labels = design.labels ?? 1;
  const groupsOf = (spec: FamilySpec) => (isByLabel(design, spec) ? labels : 1);
  const inputs: Record<string, Arrays> = {};
  const outside = new Map<string, OutsideSums>();
  for (const spec of families) {
    const family = familyOf(spec.kind);
    inputs[spec.kind] = family.inputs(spec, dimensions, arrays);
    const own = family.outside?.(spec, { dimensions, arrays, rows, groups: groupsOf(spec) });
    if (own) outside.set(spec.kind, own);
  }
  const fixed = { arrays, inputs, warps: warpsFor(design) };
  const x = ndarray(new Float32Array(rows * dimensions.sample), [rows, dimensions.sample]);
  const weights = ndarray(new Float32Array(labels * rows), [labels, rows]);
  const compiled = await compile(
    (
      given: Record<"x" | "weights", tf.Tensor> &
        Record<"arrays" | "warps", Tensors> & { inputs: Record<string, Tensors> },
    ) => {
      const common = encoded(design, given.x, given.arrays, given.warps);
      const made: Record<string, tf.Tensor> = {};
      for (const spec of families) {
        const { kind } = spec;
        const apart = design.labels === undefined || isByLabel(design, spec);
        const weights = apart ? given.weights : tf.sum(given.weights, 0, true);
        const { block, inCells, forOutside } = familyOf(kind);
        const [samples, inputs] = [{ ...common, weights, arrays }, given.inputs[kind]!];
        const isOutside = outside.has(kind);
        const own = (isOutside ? forOutside : block)?.(spec, samples, inputs) ?? {};
        for (const [name, value] of Object.entries(own)) made[`${kind}${isOutside ? APART : "."}${name}`] = value;
        for (const [name, { a, cell }] of Object.entries(inCells?.(spec, samples, inputs) ?? {})) {
          made[`${kind}${APART}${name}.a`] = a;
          if (cell) made[`${kind}${APART}${name}.cell`] = cell;
        }
      }
      return made;
    },
    { x, weights, ...fixed },
    { name: "sketch", threads: 1 },
  );
  const places: Record<string, Float32Array> = {};
  for (const [kind, own] of outside) {
    for (const [name, place] of Object.entries(own.places ?? {})) places[`${kind}${APART}${name}`] = place;
  }
  const squares = new Map<string, CellSquares>();
  return {
    /** Adds the sums over a block of samples, at most `design.block`, with one label for each if sums are by label. */
    async add(data: NdArray<Float32Array>, { sums, rest }: ExactSums, given?: Uint8Array): Promise<void> {
      const have = data.shape[0]!;
      const { order, stretches } = sorted(given, labels, have);
      const d = dimensions.sample;
      x.data.fill(0, have * d);
      for (const [to, row] of order.entries()) x.data.set(data.data.subarray(row * d, (row + 1) * d), to * d);
      weights.data.fill(0);
      for (const [label, { from, to }] of stretches.entries()) {
        weights.data.fill(1, label * rows + from, label * rows + to);
      }
      const results = await compiled.run({ x, weights, ...fixed }, places);
      const into = (key: string) => ({ sum: sums[key]!, rest: rest[key]!, grid: grids[key]! });
      const addSum = (key: string, part: ArrayLike<number>) => addRounded(sums[key]!, rest[key]!, part, grids[key]!);
      for (const [key, { data }] of Object.entries(results)) if (!key.includes(APART)) addSum(key, data);
      for (const spec of families) {
        const { kind } = spec;
        const groups = groupsOf(spec);
        const apart = groups === labels ? stretches : [{ from: 0, to: have }];
        const made = outside.get(kind)?.add(ofFamily(results, kind), apart) ?? {};
        for (const [name, part] of Object.entries(made)) addSum(`${kind}.${name}`, part);
        for (const [name, cell] of Object.entries(familyOf(kind).cells?.(spec, dimensions) ?? {})) {
          const key = `${kind}${APART}${name}`;
          const [a, found] = [results[`${key}.a`]!, results[`${key}.cell`]];
          const width = a.shape[1]!;
          const { each = 1 } = cell;
          const cellOf = new Int32Array(have * each);
          for (const [group, { from, to }] of apart.entries()) {
            for (let row = from * each; row < to * each; row++)
              cellOf[row] = group * cell.cells + (found?.data[row] ?? 0);
          }
          const own = a.data.subarray(0, cellOf.length * width);
          if (cell.count) for (const at of cellOf) sums[`${kind}.${cell.count}`]![at]!++;
          if (cell.sum) addInCells(own, cellOf, into(`${kind}.${cell.sum}`));
          if (!cell.squares) continue;
          const ofCells = squares.get(key) ?? (await cellSquares(rows * each, width, groups * cell.cells));
          squares.set(key, ofCells);
          await ofCells.add(own, cellOf, into(`${kind}.${cell.squares}`));
        }
      }
      if (given) for (const label of given.subarray(0, have)) sums[LABEL_COUNT]![label]!++;
    },
    dispose: async () => {
      for (const own of squares.values()) await own.dispose();
      await compiled.dispose();
    },
  };
}

/** The rows of a block in the order of their labels, and where each label's are in that order. */
function sorted(given: Uint8Array | undefined, labels: number, have: number) {
  const stretches: Stretch[] = [];
  const order = new Int32Array(have);
  let at = 0;
  for (let label = 0; label < labels; label++) {
    const from = at;
    for (let row = 0; row < have; row++) if ((given?.[row] ?? 0) === label) order[at++] = row;
    stretches.push({ from, to: at });
  }
  return { order, stretches };
}

/** The results of one family that are no sums yet, by their names in it. */
function ofFamily(results: Arrays, kind: string): Arrays {
  const start = `${kind}${APART}`;
  const own = Object.entries(results).filter(([key]) => key.startsWith(start));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(start.length), value]));
}
