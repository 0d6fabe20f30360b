import type { Random } from "../data/random.ts";
import { inverseCdf } from "./radius.ts";

/**
 * A law Λ of frequencies ω in R^k: ω = (R/σ) v. The direction v is uniform on the sphere and independent of the radius R. σ is a scale in
 * the data domain, in the units of the features: halving σ doubles every frequency. The paper's "σ² = 1e-3" is such a scale (design §8).
 * To add a law: its name and its entry here; the law tests run over the registry.
 */
export interface Law {
  /** What the law is, for help texts. */
  readonly summary: string;
  /** One draw of the radius R = |σω| in dimension k. */
  radius(random: Random, k: number): number;
  /** Fills `out` with one draw of σω, the frequency at σ = 1. */
  draw(random: Random, out: Float64Array): void;
  /** Root mean square of |σω| in dimension k; relates σ to the spread of the data. */
  norm(k: number): number;
  /**
   * Of laws that are mixtures of N(0, s²I): the quantiles of s in dimension k, as a function of u in [0, 1); `gaussian` if s is 1.
   * Product frequencies need them (product.ts).
   */
  readonly mixing?: "gaussian" | ((k: number) => (u: number) => number);
}

export const lawNames = ["gaussian", "folded-gaussian", "adapted-radius"] as const;
export type LawName = (typeof lawNames)[number];

/** How frequencies of one law are drawn together. To add one: a line here, and its cases in families/fourier.ts. */
export const draws = {
  product: "sums and differences of two short lists, sketched by products of matrices",
  independent: "one by one, as in the paper",
  structured: "in Hadamard blocks, for many features; needs at least 2",
} as const;
export type DrawName = keyof typeof draws;
export const drawNames = Object.keys(draws) as readonly DrawName[];

/** Fewer frequencies make too few rows and columns for products to save time or to vary as little as independent ones. */
const LEAST_PRODUCTS = 256;

/** How m frequencies of a law are drawn unless it is said: as products if the law has them and m is at least 256, else independent. */
export const defaultDraw = (law: LawName, m: number): DrawName =>
  laws[law].mixing && m >= LEAST_PRODUCTS ? "product" : "independent";

/** A law from its radius: R is drawn first, then a direction uniform on the sphere. */
const spherical = (law: Omit<Law, "draw">): Law => ({
  ...law,
  draw: (random, out) => {
    const radius = law.radius(random, out.length);
    let squares = 0;
    while (squares === 0) squares = random.fillNormal(out).reduce((sum, v) => sum + v * v, 0);
    const factor = radius / Math.sqrt(squares);
    for (let i = 0; i < out.length; i++) out[i]! *= factor;
  },
});

/**
 * A draw of the norm of a standard normal vector in R^k: √(2G), G ~ Gamma(k/2), by the rejection of Marsaglia and Tsang (2000). Its time
 * does not grow with k.
 */
function chi(random: Random, k: number): number {
  if (k === 1) return Math.abs(random.normal());
  const d = k / 2 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.uniform(); // in (0, 1]
    if (Math.log(u) < x * x * 0.5 + d * (1 - v + Math.log(v))) return Math.sqrt(2 * d * v);
  }
}

/**
 * |N(0, 1)| times a uniform direction is N(0, s²I) with s² ~ Beta(1/2, (k − 1)/2): the square of a χ₁ variable is such a part of the square
 * of a χ_k one. So s has the density ∝ (1 − s²)^((k − 3)/2), that of a coordinate's modulus on the sphere.
 */
function foldedMixing(k: number): (u: number) => number {
  if (k === 1) return () => 1;
  if (k === 2) return (u) => Math.sin((Math.PI / 2) * u);
  return inverseCdf((s) => (1 - s * s) ** ((k - 3) / 2), Math.min(1, FOLDED_END / Math.sqrt(k))).at;
}

/** In units of 1/√k; the mass beyond is about that of N(0, 1) beyond. */
const FOLDED_END = 8;

const ADAPTED_END = 8;
/** Keriven et al. 2016, section 3.3.2: it favours radii at which a Gaussian's moments change most with its mean or its variance. */
const adapted = inverseCdf((r) => Math.sqrt(r * r + r ** 4 / 4) * Math.exp((-r * r) / 2), ADAPTED_END);

export const laws: { readonly [K in LawName]: Law } = {
  gaussian: {
    summary: "ω = N(0, I)/σ: the Gaussian kernel exp(-|x - y|²/2σ²) (Rahimi, Recht 2007)",
    radius: chi,
    draw: (random, out) => {
      random.fillNormal(out);
    },
    norm: Math.sqrt,
    mixing: "gaussian",
  },
  "folded-gaussian": spherical({
    summary: "ω = |N(0, 1)|/σ times a uniform direction (Keriven et al. 2016; CL-GN section 4)",
    radius: (random) => Math.abs(random.normal()),
    norm: () => 1,
    mixing: foldedMixing,
  }),
  "adapted-radius": spherical({
    summary: "radius of density ∝ √(r² + r⁴/4) exp(-r²/2), over σ, times a uniform direction (Keriven et al. 2016)",
    radius: (random) => adapted.at(random.uniform()),
    norm: () => adapted.rootMeanSquare,
  }),
};
