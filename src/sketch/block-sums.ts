import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { compile } from "../engine/index.ts";
import { addInCells, type CellSquares, cellSquares } from "./cell-sums.ts";
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
        const { block, inCells } = familyOf(spec.kind);
        const [samples, inputs] = [{ ...common, weights }, given.inputs[spec.kind]!];
        for (const [name, value] of Object.entries(block?.(spec, samples, inputs) ?? {}))
          sums[`${spec.kind}.${name}`] = value;
        for (const [name, { a, cell }] of Object.entries(inCells?.(spec, samples, inputs) ?? {})) {
          sums[`${spec.kind}/${name}.a`] = a;
          if (cell) sums[`${spec.kind}/${name}.cell`] = cell;
        }
      }
      return sums;
    },
    { x, weights, ...fixed },
    { name: "sketch", threads: 1 },
  );
  const squares = new Map<string, CellSquares>();
  return {
    /** Adds the sums over a block of samples, at most `design.block`, with one label for each if sums are by label. */
    async add(data: NdArray<Float32Array>, { sums, rest }: ExactSums, labels?: Uint8Array): Promise<void> {
      const have = data.shape[0]!;
      weights.data.fill(0);
      for (let row = 0; row < have; row++) weights.data[(labels?.[row] ?? 0) * rows + row] = 1;
      x.data.fill(0, have * dimensions.sample);
      x.data.set(data.data);
      const results = await compiled.run({ x, weights, ...fixed });
      for (const [key, { data }] of Object.entries(results)) {
        if (!key.includes("/")) addRounded(sums[key]!, rest[key]!, data, grids[key]!);
      }
      for (const spec of design.families) {
        const { kind } = spec;
        const apart = isByLabel(design, spec) ? labels : undefined;
        const into = (name: string) => {
          const key = `${kind}.${name}`;
          return { sum: sums[key]!, rest: rest[key]!, grid: grids[key]! };
        };
        for (const [name, cell] of Object.entries(familyOf(kind).cells?.(spec, dimensions) ?? {})) {
          const key = `${kind}/${name}`;
          const [a, found] = [results[`${key}.a`]!, results[`${key}.cell`]];
          const width = a.shape[1]!;
          const cellOf = Int32Array.from(
            { length: have },
            (_, row) => (apart?.[row] ?? 0) * cell.cells + (found?.data[row] ?? 0),
          );
          const own = a.data.subarray(0, have * width);
          if (cell.count) for (const at of cellOf) into(cell.count).sum[at]!++;
          if (cell.sum) addInCells(own, cellOf, into(cell.sum));
          if (!cell.squares) continue;
          const ofCells =
            squares.get(key) ?? (await cellSquares(rows, width, (isByLabel(design, spec) ? groups : 1) * cell.cells));
          squares.set(key, ofCells);
          await ofCells.add(own, cellOf, into(cell.squares));
        }
      }
      if (labels) for (let row = 0; row < have; row++) sums[LABEL_COUNT]![labels[row]!]!++;
    },
    dispose: async () => {
      for (const own of squares.values()) await own.dispose();
      await compiled.dispose();
    },
  };
}
