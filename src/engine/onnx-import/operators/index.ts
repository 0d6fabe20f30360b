import type { Operators } from "../call.ts";
import { convolutions } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { linear } from "./linear.ts";
import { normalisations } from "./normalisation.ts";
import { reductions } from "./reduce.ts";
import { resizing } from "./resize.ts";
import { shapes } from "./shape.ts";

export { ofShapes } from "./shape.ts";

/** Every standard operator that can be read, beside those of shapes alone. To add one: its entry in a group, a case in test/engine/onnx-import. */
export const operators: Operators = {
  ...elementwise,
  ...linear,
  ...convolutions,
  ...normalisations,
  ...reductions,
  ...resizing,
  ...shapes,
};
