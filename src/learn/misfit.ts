import { dot } from "../data/vector.ts";
import { Atoms, type Variances } from "./atoms.ts";
import { BestWeights, type Complex, complex } from "./best-weights.ts";
import type { Objective } from "./minimise.ts";
import type { StandardMoments } from "./moments.ts";

/** What the components' covariances are: vI with a v that is known, vI with one v for all, or diagonal, each its own. */
export type Spread = { readonly known: number } | "shared" | "diagonal";

/**
 * The misfit of K components to moments z: (1/m) min_{α ≥ 0} ‖z − Σ αₖ a(μₖ, vₖ)‖² (`BestWeights`). Unknowns θ: the means [K, d], then nothing, ln v, or ln vₖ [K, d].
 */
export class Misfit {
  readonly #moments: StandardMoments;
  readonly #atoms: Atoms;
  readonly #spread: Spread;
  readonly #components: Complex[] = [];
  readonly #best: BestWeights;
  /** Derivatives of what is minimised over phases and over logarithms of moduli. */
  readonly #phases: Float64Array;
  readonly #moduli: Float64Array;

  constructor(moments: StandardMoments, spread: Spread) {
    this.#moments = moments;
    this.#atoms = new Atoms(moments);
    this.#spread = spread;
    this.#best = new BestWeights(moments);
    [this.#phases, this.#moduli] = [new Float64Array(moments.m), new Float64Array(moments.m)];
  }

  /** α at the point that was evaluated last. */
  get weights(): Float64Array {
    return this.#best.weights;
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
    const { d } = this.#moments;
    const count = this.count(theta);
    const misfit = this.#fit(theta, count);
    gradient.fill(0);
    for (let k = 0; k < count; k++) {
      if (!this.#best.slopes(k, this.#components[k]!, this.#phases, this.#moduli)) continue;
      this.#atoms.overMean(this.#phases, gradient, k * d);
      if (typeof this.#spread === "object") continue;
      const own = this.#atoms.overVariances(this.#moduli, this.variances(theta, k));
      const from = this.#spread === "shared" ? theta.length - 1 : (count + k) * d;
      for (const [i, slope] of own.entries()) gradient[from + i]! += slope;
    }
    return misfit;
  };

  /** Minus the correlation of the residual with one more component, as all are at the known v: −Re⟨r, a(μ)⟩, over its mean [d]. ‖a‖ is the same everywhere. */
  correlation(v: number): Objective {
    const { m } = this.#moments;
    const { re, im } = this.#best.residual;
    const [ar, ai] = [new Float64Array(m), new Float64Array(m)];
    return (mu, gradient) => {
      this.#atoms.evaluate(mu, v, ar, ai);
      for (let j = 0; j < m; j++) this.#phases[j] = (re[j]! * ai[j]! - im[j]! * ar[j]!) / m;
      this.#atoms.overMean(this.#phases, gradient, 0);
      return -(dot(re, 0, ar, 0, m) + dot(im, 0, ai, 0, m)) / m;
    };
  }

  /** Evaluates the components, the best weights and the residual; returns the misfit. */
  #fit(theta: Float64Array, count: number): number {
    const { d, m } = this.#moments;
    while (this.#components.length < count) this.#components.push(complex(m));
    const used = this.#components.slice(0, count);
    for (const [k, { re, im }] of used.entries()) {
      this.#atoms.evaluate(theta.subarray(k * d, (k + 1) * d), this.variances(theta, k), re, im);
    }
    return this.#best.fit(used);
  }
}
