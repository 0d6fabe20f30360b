import type { Dataset } from "../data/rows.ts";
import type { DataDesignOptions } from "../sketch/data-design.ts";
import { requireInteger } from "./options.ts";

export interface WindowDesignArgs {
  readonly seed: number;
  readonly windows: number;
  readonly cells: number | undefined;
}

/** What the options ask of a design of windows: mean and covariance of the images, and the moments of their windows. */
export function windowDesign({ shape }: Dataset, { seed, windows: side, cells }: WindowDesignArgs): DataDesignOptions {
  if (cells !== undefined) requireInteger("cells", cells);
  const own = { kind: "window-moments", shape, side, seed, ...(cells !== undefined && { cells }) } as const;
  return { features: "raw", families: [{ kind: "second-moments", reduced: false }, own] };
}
