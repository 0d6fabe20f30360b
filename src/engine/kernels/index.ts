import { activation } from "./activation.ts";
import type { Kernel } from "./call.ts";
import { convolutions } from "./convolution.ts";
import { creations } from "./create.ts";
import { gathers } from "./gather.ts";
import { images } from "./image.ts";
import { logic } from "./logic.ts";
import { math } from "./math.ts";
import { products } from "./matmul.ts";
import type { KernelName } from "./names.ts";
import { reductions } from "./reduce.ts";
import { shapes } from "./shape.ts";
import { slices } from "./slice.ts";

/** The kernel table: a name of names.ts without an entry in one of the groups does not compile. */
export const kernels: { readonly [K in KernelName]: Kernel } = {
  ...activation,
  ...convolutions,
  ...creations,
  ...gathers,
  ...images,
  ...logic,
  ...math,
  ...products,
  ...reductions,
  ...shapes,
  ...slices,
};
