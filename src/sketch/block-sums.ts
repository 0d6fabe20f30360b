import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { compile } from "../engine/index.ts";
import { cellSums } from "./cell-sums.ts";
import { dimensionsOf, isByLabel, LABEL_COUNT, type SketchDesign, sumGrids } from "./design.ts";
import { encoded, warpsFor } from "./encoded.ts";
import { addRounded, type ExactSums } from "./exact-sums.ts";
import { familyOf } from "./families/index.ts";
import type { Stretch, WaveSums } from "./waves.ts";

type Arrays = Readonly<Record<string, NdArray<Float32Array>>>;
type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * The sums of one block, compiled once. Equal blocks give equal bits: rows are sorted by their labels, a shorter block is padded with zeros of weight 0, and one thread computes, because ONNX Runtime
 * cuts products differently for each number of threads.
 */
export async function compileBlock(design: SketchDesign) {
  const rows = design.block;
  const grids = sumGrids(design);
  const dimensions = dimensionsOf(design);
  const groups = design.labels ?? 1;
  const waves = new Map<string, WaveSums>();
  for (const spec of design.families) {
    const own = familyOf(spec.kind).waves?.(spec, dimensions, rows, isByLabel(design, spec) ? groups : 1);
    if (own) waves.set(spec.kind, own);
  }
  const inputs: Record<string, Arrays> = {};
  for (const spec of design.families) {
    inputs[spec.kind] = familyOf(spec.kind).inputs(spec, dimensions, design.arrays);
  }
  const fixed = { arrays: design.arrays, inputs, warps: warpsFor(design) };
  const x = ndarray(new Float32Array(rows * dimensions.sample), [rows, dimensions.sample]);
  const weights = ndarray(new Float32Array(groups * rows), [groups, rows]);
  const compiled = await compile(
    (
      given: Record<"x" | "weights", tf.Tensor> &
        Record<"arrays" | "warps", Tensors> & { inputs: Record<string, Tensors> },
    ) => {
      const common = encoded(design, given.x, given.arrays, given.warps);
      const sums: Record<string, tf.Tensor> = {};
      for (const spec of design.families) {
        const apart = design.labels === undefined || isByLabel(design, spec);
        const weights = apart ? given.weights : tf.sum(given.weights, 0, true);
        const family = familyOf(spec.kind);
        const sum = waves.has(spec.kind) ? family.phases! : (family.inCells ?? family.block!);
        const own = sum(spec, { ...common, weights }, given.inputs[spec.kind]!);
        for (const [name, value] of Object.entries(own)) sums[`${spec.kind}.${name}`] = value;
      }
      return sums;
    },
    { x, weights, ...fixed },
    { name: "sketch", threads: 1 },
  );
  const inCells = new Map<string, Awaited<ReturnType<typeof cellSums>>>();
  const into = Object.fromEntries(
    [...waves].flatMap(([kind, { given }]) => Object.entries(given).map(([name, array]) => [`${kind}.${name}`, array])),
  );
  return {
    /** Adds the sums over a block of samples, at most `design.block`, with one label for each if sums are by label. */
    async add(data: NdArray<Float32Array>, { sums, rest }: ExactSums, labels?: Uint8Array): Promise<void> {
      const have = data.shape[0]!;
      const { order, stretches } = byLabel(labels, groups, have);
      weights.data.fill(0);
      for (const [group, { from, to }] of stretches.entries()) {
        weights.data.fill(1, group * rows + from, group * rows + to);
      }
      const d = dimensions.sample;
      x.data.fill(0, have * d);
      for (const [to, row] of order.entries()) x.data.set(data.data.subarray(row * d, (row + 1) * d), to * d);
      const results = await compiled.run({ x, weights, ...fixed }, into);
      for (const spec of design.families) {
        const { kind } = spec;
        const family = familyOf(kind);
        if (family.inCells) {
          const [a, cell] = [results[`${kind}.a`]!, results[`${kind}.cell`]!];
          const [counts, squares] = [`${kind}.count`, `${kind}.xx`];
          const width = a.shape[1]!;
          const cells = sums[counts]!.length / groups;
          const own = inCells.get(kind) ?? (await cellSums(rows, width, sums[counts]!.length));
          inCells.set(kind, own);
          const cellOf = Int32Array.from(order, (row, at) => (labels?.[row] ?? 0) * cells + cell.data[at]!);
          const into = { sum: sums[squares]!, rest: rest[squares]!, grid: grids[squares]! };
          await own.add(a.data.subarray(0, have * width), cellOf, sums[counts]!, into);
          continue;
        }
        const outside = waves.get(kind)?.sums(isByLabel(design, spec) ? stretches : [{ from: 0, to: have }]);
        for (const name of Object.keys(family.sums(spec, dimensions))) {
          const key = `${kind}.${name}`;
          addRounded(sums[key]!, rest[key]!, outside?.[name] ?? results[key]!.data, grids[key]!);
        }
      }
      if (labels) for (let row = 0; row < have; row++) sums[LABEL_COUNT]![labels[row]!]!++;
    },
    dispose: async () => {
      for (const own of inCells.values()) await own.dispose();
      await compiled.dispose();
    },
  };
}

/** The rows of a block in the order of their labels, and where each label's are in that order. */
function byLabel(labels: Uint8Array | undefined, groups: number, have: number) {
  const stretches: Stretch[] = [];
  const order = new Int32Array(have);
  let at = 0;
  for (let group = 0; group < groups; group++) {
    const from = at;
    for (let row = 0; row < have; row++) if ((labels?.[row] ?? 0) === group) order[at++] = row;
    stretches.push({ from, to: at });
  }
  return { order, stretches };
}
