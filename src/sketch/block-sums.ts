import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { compile } from "../engine/index.ts";
import { cellSums } from "./cell-sums.ts";
import { dimensionsOf, isByLabel, LABEL_COUNT, type SketchDesign, sumGrids } from "./design.ts";
import { encoded, warpsFor } from "./encoded.ts";
import { addRounded, type ExactSums } from "./exact-sums.ts";
import { familyOf } from "./families/index.ts";

type Arrays = Readonly<Record<string, NdArray<Float32Array>>>;
type Tensors = Readonly<Record<string, tf.Tensor>>;

/**
 * The sums of one block, compiled once. Equal blocks give equal bits: a shorter one is padded with zeros of weight 0, and one thread computes, because ONNX Runtime
 * cuts products differently for each number of threads.
 */
export async function compileBlock(design: SketchDesign) {
  const rows = design.block;
  const grids = sumGrids(design);
  const dimensions = dimensionsOf(design);
  const groups = design.labels ?? 1;
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
        const own = (family.inCells ?? family.block!)(spec, { ...common, weights }, given.inputs[spec.kind]!);
        for (const [name, value] of Object.entries(own)) sums[`${spec.kind}.${name}`] = value;
      }
      return sums;
    },
    { x, weights, ...fixed },
    { name: "sketch", threads: 1 },
  );
  const onHost = new Map(
    design.families.flatMap((spec) => {
      const make = familyOf(spec.kind).onHost;
      return make ? [[spec.kind, make(spec, design.arrays)] as const] : [];
    }),
  );
  const inCells = new Map<string, Awaited<ReturnType<typeof cellSums>>>();
  return {
    /** Adds the sums over a block of samples, at most `design.block`, with one label for each if sums are by label. */
    async add(data: NdArray<Float32Array>, { sums, rest }: ExactSums, labels?: Uint8Array): Promise<void> {
      const have = data.shape[0]!;
      weights.data.fill(0);
      for (let row = 0; row < have; row++) weights.data[(labels?.[row] ?? 0) * rows + row] = 1;
      x.data.fill(0, have * dimensions.sample);
      x.data.set(data.data);
      const results = await compiled.run({ x, weights, ...fixed });
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
          const cellOf = Int32Array.from({ length: have }, (_, row) => (labels?.[row] ?? 0) * cells + cell.data[row]!);
          const into = { sum: sums[squares]!, rest: rest[squares]!, grid: grids[squares]! };
          await own.add(a.data.subarray(0, have * width), cellOf, sums[counts]!, into);
          continue;
        }
        const host = onHost.get(kind);
        const groupOf = (row: number) => (isByLabel(design, spec) ? labels![row]! : 0);
        const made = host?.(ofFamily(results, kind), have, groupOf);
        for (const name of Object.keys(family.sums(spec, dimensions))) {
          const key = `${kind}.${name}`;
          addRounded(sums[key]!, rest[key]!, made ? made[name]! : results[key]!.data, grids[key]!);
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

/** The results of one family, by their names in it. */
const ofFamily = (results: Arrays, kind: string): Arrays =>
  Object.fromEntries(
    Object.entries(results).flatMap(([key, value]) =>
      key.startsWith(`${kind}.`) ? [[key.slice(kind.length + 1), value] as const] : [],
    ),
  );
