import ndarray from "ndarray";
import { answerMessages, configureEngine, type EngineSettings } from "../engine/index.ts";
import { compileBlock } from "./block-sums.ts";
import type { SketchDesign } from "./design.ts";
import { type ExactSums, heldSums, noSums } from "./exact-sums.ts";

/** The main module of a process that sums blocks for another one (lanes.ts). */

/** The first message: the design, its arrays as plain numbers, and the engine's settings. */
export interface Start {
  readonly kind: "start";
  readonly design: SketchDesign;
  readonly arrays: readonly (readonly [name: string, data: unknown, shape: readonly number[]])[];
  readonly settings: EngineSettings;
}

/** A block to add, or the demand for all sums since the last one. */
export type Order =
  | {
      readonly kind: "add";
      readonly data: Float32Array;
      readonly shape: readonly number[];
      readonly labels: Uint8Array | undefined;
    }
  | { readonly kind: "collect" };

let design: SketchDesign;
let block: Awaited<ReturnType<typeof compileBlock>>;
let sums: ExactSums;

answerMessages(async (message: Start | Order) => {
  if (message.kind === "start") {
    configureEngine(message.settings);
    const arrays = message.arrays.map(([name, data, shape]) => [name, ndarray(data as Float32Array, [...shape])]);
    design = { ...message.design, arrays: Object.fromEntries(arrays) };
    block = await compileBlock(design);
    sums = noSums(design);
  } else if (message.kind === "add") {
    await block.add(ndarray(message.data, [...message.shape]), sums, message.labels);
  } else {
    const held = heldSums(sums);
    sums = noSums(design);
    return held;
  }
});
