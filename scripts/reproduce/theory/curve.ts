import type { Share } from "./success.ts";

/** Hidden layers of networks with random weights where k varies; and k where these vary, or where there is one network. */
export const [DEPTH, LATENT] = [2, 20];

/** The successes of one kind of signal against m. */
export interface Curve {
  readonly kind: "random weights" | "trained" | "sparse";
  readonly k: number;
  /** Hidden layers of a network. */
  readonly depth?: number;
  /** Numbers of a signal. */
  readonly n: number;
  readonly shares: readonly Share[];
  /** m of one half of successes; absent where none reaches it. */
  readonly half?: number;
}

/** d of the theory: all layers of weights, the last among them. */
export const layersOf = (depth: number): number => depth + 1;
