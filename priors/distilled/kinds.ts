import { cellLinear } from "./cell-linear.ts";
import { cellMlp } from "./cell-mlp.ts";
import type { Kind } from "./kind.ts";
import { vae } from "./vae.ts";

export const distilledNames = ["cell-linear", "cell-mlp", "vae"] as const;
export type DistilledName = (typeof distilledNames)[number];

/** What a mixture can be distilled into. To add a kind: its file, its name above, its entry here. */
export const kinds: { readonly [K in DistilledName]: Kind } = { "cell-linear": cellLinear, "cell-mlp": cellMlp, vae };
