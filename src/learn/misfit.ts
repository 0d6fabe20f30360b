import { dot } from "../data/vector.ts";
import { Atoms, type Variances } from "./atoms.ts";
import type { Objective } from "./minimise.ts";
import type { StandardMoments } from "./moments.ts";
import { nonnegative } from "./nonnegative.ts";

/** What the components' covariances are: vI with a v that is known, vI with one v for all, or diagonal, each its own. */
export type Spread = { readonly known: number } | "shared" | "diagonal";

/**
 * The misfit of K components to moments z: (1/m) min_{α ≥ 0} ‖z − Σ αₖ a(μₖ, vₖ)‖². The weights α are those that are best for the rest, at every point; so they are no unknowns, and
 * the gradient is that of fixed weights. Unknowns θ: the means [K, d], then nothing, ln v, or ln vₖ [K, d].
 */
export class Misfit {
  readonly #moments: StandardMoments;
  readonly #atoms: Atoms;
  readonly #spread: Spread;
  #components: { readonly re: Float64Array; readonly im: Float64Array }[] = [];
  /** z − Σ αₖ a(μₖ, vₖ) and α at the point that was evaluated last. */
  readonly residual: { readonly re: Float64Array; readonly im: Float64Array };
  weights: Float64Array = new Float64Array(0);
  /** Derivatives of what is minimised over phases and over logarithms of moduli. */
  readonly #phases: Float64Array;
  readonly #moduli: Float64Array;

  constructor(moments: StandardMoments, spread: Spread) {
    this.#moments = moments;
    this.#atoms = new Atoms(moments);
    this.#spread = spread;
    this.residual = { re: moments.re.slice(), im: moments.im.slice() };
    [this.#phases, this.#moduli] = [new Float64Array(moments.m), new Float64Array(moments.m)];
  }

  /** Number of components that θ holds. */
  count({ length }: Float64Array): number {
    const { d } = this.#moments;
    return this.#spread === "diagonal" ? length / (2 * d) : Math.floor(length / d);
  }

  variances(theta: Float64Array, k: number): Variances {
    if (typeof this.#spread === "object") return this.#spread.known;
    if (this.#spread === "shared") return Math.exp(theta.at(-1)!);
    const { d } = this.#moments;
    const from = (this.count(theta) + k) * d;
    return theta.slice(from, from + d).map(Math.exp);
  }

  /** The misfit and its gradient. */
  readonly value: Objective = (theta, gradient) => {
    const { d, m } = this.#moments;
    const { re, im } = this.residual;
    const count = this.count(theta);
    this.#solve(theta, count);
    gradient.fill(0);
    for (let k = 0; k < count; k++) {
      const factor = (2 * this.weights[k]!) / m;
      if (factor === 0) continue;
      const { re: ar, im: ai } = this.#components[k]!;
      for (let j = 0; j < m; j++) this.#phases[j] = factor * (re[j]! * ai[j]! - im[j]! * ar[j]!);
      this.#atoms.overMean(this.#phases, gradient, k * d);
      if (typeof this.#spread === "object") continue;
      for (let j = 0; j < m; j++) this.#moduli[j] = -factor * (re[j]! * ar[j]! + im[j]! * ai[j]!);
      const own = this.#atoms.overVariances(this.#moduli, this.variances(theta, k));
      const from = this.#spread === "shared" ? theta.length - 1 : (count + k) * d;
      for (const [i, slope] of own.entries()) gradient[from + i]! += slope;
    }
    return (dot(re, 0, re, 0, m) + dot(im, 0, im, 0, m)) / m;
  };

  /** Minus the correlation of the residual with one more component, as all are at the known v: −Re⟨r, a(μ)⟩, over its mean [d]. ‖a‖ is the same everywhere. */
  correlation(v: number): Objective {
    const { m } = this.#moments;
    const { re, im } = this.residual;
    const [ar, ai] = [new Float64Array(m), new Float64Array(m)];
    return (mu, gradient) => {
      this.#atoms.evaluate(mu, v, ar, ai);
      for (let j = 0; j < m; j++) this.#phases[j] = (re[j]! * ai[j]! - im[j]! * ar[j]!) / m;
      this.#atoms.overMean(this.#phases, gradient, 0);
      return -(dot(re, 0, ar, 0, m) + dot(im, 0, ai, 0, m)) / m;
    };
  }

  /** Evaluates the components, the best weights and the residual. */
  #solve(theta: Float64Array, count: number): void {
    const { d, m, re: zr, im: zi } = this.#moments;
    while (this.#components.length < count) {
      this.#components.push({ re: new Float64Array(m), im: new Float64Array(m) });
    }
    const used = this.#components.slice(0, count);
    for (const [k, { re, im }] of used.entries()) {
      this.#atoms.evaluate(theta.subarray(k * d, (k + 1) * d), this.variances(theta, k), re, im);
    }
    const gram = new Float64Array(count * count);
    for (const [k, a] of used.entries()) {
      for (let l = 0; l <= k; l++) {
        const b = used[l]!;
        gram[k * count + l] = gram[l * count + k] = dot(a.re, 0, b.re, 0, m) + dot(a.im, 0, b.im, 0, m);
      }
    }
    const along = Float64Array.from(used, (a) => dot(a.re, 0, zr, 0, m) + dot(a.im, 0, zi, 0, m));
    this.weights = nonnegative(gram, along);
    const { re, im } = this.residual;
    re.set(zr);
    im.set(zi);
    for (const [k, a] of used.entries()) {
      const weight = this.weights[k]!;
      if (weight === 0) continue;
      for (let j = 0; j < m; j++) {
        re[j]! -= weight * a.re[j]!;
        im[j]! -= weight * a.im[j]!;
      }
    }
  }
}
