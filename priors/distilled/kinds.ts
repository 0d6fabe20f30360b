import { cellLinear } from "./cell-linear.ts";
import type { Kind } from "./kind.ts";

export const distilledNames = ["cell-linear"] as const;
export type DistilledName = (typeof distilledNames)[number];

/** What a mixture can be distilled into. To add a kind: its file, its name above, its entry here. */
export const kinds: { readonly [K in DistilledName]: Kind } = { "cell-linear": cellLinear };
