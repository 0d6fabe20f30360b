import type { Random } from "../data/random.ts";

/**
 * A law Λ of frequencies ω in R^k. σ is a scale in the data domain, in the units of the features: halving σ doubles every
 * frequency. The paper's "σ² = 1e-3" is such a scale (design §8).
 */
export interface Law {
  /** What the law is, for help texts. */
  readonly summary: string;
  /** Fills `out` with one draw of σω, the frequency at σ = 1. */
  draw(random: Random, out: Float64Array): void;
  /** Root mean square of |σω| in dimension k; relates σ to the spread of the data. */
  norm(k: number): number;
}

export const lawNames = ["gaussian", "folded-gaussian"] as const;
export type LawName = (typeof lawNames)[number];

export const laws: { readonly [K in LawName]: Law } = {
  gaussian: {
    summary: "ω = N(0, I)/σ: the Gaussian kernel exp(-|x - y|²/2σ²) (Rahimi, Recht 2007)",
    draw: (random, out) => {
      random.fillNormal(out);
    },
    norm: Math.sqrt,
  },
  "folded-gaussian": {
    summary: "ω = |N(0, 1)|/σ times a uniform direction (Keriven et al. 2016; CL-GN section 4)",
    draw: (random, out) => {
      const radius = Math.abs(random.normal());
      let squares = 0;
      while (squares === 0) squares = random.fillNormal(out).reduce((sum, v) => sum + v * v, 0);
      const factor = radius / Math.sqrt(squares);
      for (let i = 0; i < out.length; i++) out[i]! *= factor;
    },
    norm: () => 1,
  },
};
