import { InputError } from "../data/errors.ts";
import { dot } from "../data/vector.ts";
import { nonnegative } from "./nonnegative.ts";

/** Numbers at all frequencies, real and imaginary parts [m]. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export const complex = (m: number): Complex => ({ re: new Float64Array(m), im: new Float64Array(m) });

/** The sum of weights. Errors (InputError): all are 0, as where no component is like the moments. */
export function totalOf(who: string, weights: Float64Array): number {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (sum > 0) return sum;
  throw new InputError(
    `${who}: nothing fits the moments, they are hardly more than noise; sketch more samples, or with a larger --scale`,
  );
}

/**
 * The components' weights that fit moments z best, min_{α ≥ 0} ‖z − Σ αₖaₖ‖². They are taken anew at every point of a descent; so they are no unknowns, and the gradient over the rest is that of fixed weights.
 */
export class BestWeights {
  readonly #moments: Complex;
  /** z − Σ αₖaₖ and α of the components that were fitted last. */
  readonly residual: Complex;
  weights: Float64Array = new Float64Array(0);

  constructor({ re, im }: Complex) {
    this.#moments = { re, im };
    this.residual = { re: re.slice(), im: im.slice() };
  }

  /** Fills `weights` and `residual`, and returns ‖residual‖²/m. */
  fit(components: readonly Complex[]): number {
    const { re: zr, im: zi } = this.#moments;
    const [count, m] = [components.length, zr.length];
    const inner = (a: Complex, b: Complex) => dot(a.re, 0, b.re, 0, m) + dot(a.im, 0, b.im, 0, m);
    const gram = new Float64Array(count * count);
    for (const [k, a] of components.entries()) {
      for (let l = 0; l <= k; l++) gram[k * count + l] = gram[l * count + k] = inner(a, components[l]!);
    }
    this.weights = nonnegative(
      gram,
      Float64Array.from(components, (a) => inner(a, this.#moments)),
    );
    const { re, im } = this.residual;
    re.set(zr);
    im.set(zi);
    for (const [k, a] of components.entries()) {
      const weight = this.weights[k]!;
      if (weight === 0) continue;
      for (let j = 0; j < m; j++) {
        re[j]! -= weight * a.re[j]!;
        im[j]! -= weight * a.im[j]!;
      }
    }
    return inner(this.residual, this.residual) / m;
  }

  /** Fills the derivatives of ‖residual‖²/m over the phases and over the logarithms of the moduli of component k; returns whether it has a weight. */
  slopes(k: number, { re: ar, im: ai }: Complex, phases: Float64Array, moduli: Float64Array): boolean {
    const { re, im } = this.residual;
    const m = re.length;
    const factor = (2 * this.weights[k]!) / m;
    if (factor === 0) return false;
    for (let j = 0; j < m; j++) {
      phases[j] = factor * (re[j]! * ai[j]! - im[j]! * ar[j]!);
      moduli[j] = -factor * (re[j]! * ar[j]! + im[j]! * ai[j]!);
    }
    return true;
  }
}
