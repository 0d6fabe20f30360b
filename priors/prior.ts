import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { Options } from "../src/data/options.ts";
import type { ResidualRoot } from "./residual-root.ts";

/** A prior that generates signals: x = G(z, c) + r, z ~ N(0, I). Recovery searches its latent space. */
export interface GeneratorPrior {
  readonly kind: "generator";
  readonly name: string;
  /** Size of z. */
  readonly latent: number;
  /** Shape of one signal. */
  readonly shape: readonly number[];
  /** Probability of every condition c = 0, 1, … (a label, a cell of a partition) that G takes; absent where G takes none. */
  readonly conditions?: Float64Array;
  /** Covariance C [n, n] of r ~ N(0, C), what G leaves out of a signal of n numbers; absent: r = 0. */
  readonly residual?: NdArray<Float32Array>;
  /** A root of C where it is known, for draws; absent: it is computed when it is needed. */
  readonly residualRoot?: ResidualRoot;
  /** Whether G(z, c) is affine in z for every c: its posterior is then known without descent. Default false. */
  readonly affine?: boolean;
  /** Where G is affine: the same distribution as a mixture, whose posterior is exact over all conditions. */
  asMixture?(): Promise<MixturePrior>;
  /** G: z [batch, latent], and c [batch] (int32) where there are conditions, to [batch, ...shape]. */
  decode(z: tf.Tensor, c?: tf.Tensor): tf.Tensor;
}

/** A penalty r(x) ≥ 0, convex unless it is smooth, that is small on likely signals; recovery minimises ½‖y − Φx‖² + λ r(x). */
interface Penalty {
  readonly kind: "penalty";
  readonly name: string;
  /** Shape of one signal. */
  readonly shape: readonly number[];
  /** What the signals are expected to be about, [n]: the penalty is r(x − centre), for Gaussian noise. Default: 0. */
  readonly centre?: Float32Array;
  /** λ where nothing chooses it; absent: it must be given. */
  defaultLambda?(facts: LambdaFacts): number;
}

/** What is known of a problem where a default λ is asked for. */
export interface LambdaFacts {
  /** σ of the noise of a measurement. */
  readonly sigma: number;
  /** How much Φ amplifies smooth signals, ‖Φx‖/‖x‖ (`typicalGain`). */
  readonly gain: number;
  /** Typical size of a signal's numbers, their root mean square. */
  readonly amplitude: number;
}

/** A quadratic r: its gradient is linear in x, so conjugate gradients solve the recovery exactly. */
export interface QuadraticPenalty extends Penalty {
  readonly form: "quadratic";
  /** r of every signal: [batch, ...shape] to [batch]. */
  value(x: tf.Tensor): tf.Tensor;
  /** ∇r, linear: [batch, ...shape] to the same. */
  gradient(x: tf.Tensor): tf.Tensor;
  /** c > 0 with r(x) − ½c‖x‖² convex, where there is one: the least eigenvalue of ∇r. */
  readonly convexity?: number;
  /** argmin_u ½‖u − x‖² + t r(u), one t ≥ 0 a signal, where it is a formula: for noise that is not Gaussian. */
  prox?(x: tf.Tensor, t: tf.Tensor): tf.Tensor;
  /** Where it is a sum: its terms, whose proximal maps may be formulas. */
  readonly terms?: SumPenalty["terms"];
}

/** An r whose proximal map is a formula. */
export interface ProximalPenalty extends Penalty {
  readonly form: "proximal";
  /** r of every signal: [batch, ...shape] to [batch]. */
  value(x: tf.Tensor): tf.Tensor;
  /** argmin_u ½‖u − x‖² + t r(u), one t ≥ 0 a signal: x [batch, ...shape], t [batch]. */
  prox(x: tf.Tensor, t: tf.Tensor): tf.Tensor;
}

/** A norm r with a proximal map. */
export interface NormPenalty extends ProximalPenalty {
  /** r°(v) = max over r(u) ≤ 1 of ⟨u, v⟩, [batch]: FISTA certifies with it how near a solution is. */
  dualNorm(v: tf.Tensor): tf.Tensor;
}

/** Batches of several arrays, such as the differences along each axis: each [batch, ...its own shape]. */
export type Tensors = readonly tf.Tensor[];

/**
 * r(x) = min over w of |K(x, w)|, a norm of linear features, by its dual ball: |f| = max over |p| ≤ 1 of ⟨f, p⟩. w are further unknowns that
 * are recovered along with x; most penalties have none. Unknowns and features are lists of arrays; the first unknown is x.
 */
export interface AnalysisPenalty extends Penalty {
  readonly form: "analysis";
  /** ‖K‖, the largest singular value, or an upper bound that is close to it. */
  readonly norm: number;
  /** Shapes of the unknowns of one signal: `shape`, and those of w. */
  readonly unknownShapes: readonly (readonly number[])[];
  /** Shapes of the features of one signal. */
  readonly featureShapes: readonly (readonly number[])[];
  /** K: unknowns to features. */
  analysis(unknowns: Tensors): Tensors;
  /** K': features to unknowns. */
  synthesis(p: Tensors): Tensors;
  /** |f| of every signal, [batch]. */
  size(features: Tensors): tf.Tensor;
  /** The nearest p of the ball |p| ≤ radius, one radius ≥ 0 a signal, [batch]. */
  project(p: Tensors, radius: tf.Tensor): Tensors;
}

/** A smooth r that need not be convex: its Hessian lies between −concavity and curvature. It is learned (`RegulariserPrior`). */
export interface SmoothPenalty extends Penalty {
  readonly form: "smooth";
  /** r of every signal: [batch, ...shape] to [batch]. */
  value(x: tf.Tensor): tf.Tensor;
  /** ∇r: [batch, ...shape] to the same. */
  gradient(x: tf.Tensor): tf.Tensor;
  /** The largest eigenvalue of ∇²r, or a bound. */
  readonly curvature: number;
  /** ρ ≥ 0 with r(x) + ½ρ‖x‖² convex: r is weakly convex. */
  readonly concavity: number;
}

/** A penalty of one kind, no sum. */
export type SinglePenalty = QuadraticPenalty | NormPenalty | ProximalPenalty | AnalysisPenalty;

/** r(x) = Σ wᵢ rᵢ(x), wᵢ > 0. */
export interface SumPenalty extends Penalty {
  readonly form: "sum";
  readonly terms: readonly { readonly weight: number; readonly penalty: SinglePenalty }[];
}

/** What a penalty can do decides which solver takes it: conjugate gradients, FISTA, or primal-dual. */
export type PenaltyPrior = SinglePenalty | SumPenalty;

/** x ~ N(μ, Σ), flattened to n numbers: its posterior for linear Φ and Gaussian noise is a formula. */
export interface GaussianPrior {
  readonly kind: "gaussian";
  readonly name: string;
  /** Shape of one signal. */
  readonly shape: readonly number[];
  /** μ [n]. */
  readonly mean: Float64Array;
  /** Σ [n, n], row-major. */
  readonly covariance: Float64Array;
}

/**
 * A mixture of Gaussians on k features of a signal, and a Gaussian for what they leave out:
 *
 *   x = centre + D v + r,  v ~ Σ_j π_j N(μ_j, L_c(j) L_c(j)ᵀ),  r ~ N(0, C).
 *
 * For a linear Φ with Gaussian noise its posterior is known exactly. Components may share a covariance.
 * With `poses`, images are those of the mixture brought into a pose p: x = offset + T_p (centre + D v) + r.
 */
export interface MixturePrior {
  readonly kind: "mixture";
  readonly name: string;
  /** Shape of one signal, of n numbers. */
  readonly shape: readonly number[];
  /** π, [components]. */
  readonly weights: Float64Array;
  /** μ, [components, k]. */
  readonly means: NdArray<Float32Array>;
  /** c(j), [components]: which of the factors is a component's. */
  readonly covarianceOf: Int32Array;
  /** L, [covariances, k, k], lower triangular. */
  readonly factors: NdArray<Float32Array>;
  /** The data's mean, [n]. */
  readonly centre: NdArray<Float32Array>;
  /** D, [n, k]. */
  readonly matrix: NdArray<Float32Array>;
  /** C, [n, n]. */
  readonly residual: NdArray<Float32Array>;
  /** A root of C where it is known, for draws; absent: it is computed when it is needed. */
  readonly residualRoot?: ResidualRoot;
  /** The label of every component, [components]; absent where it was learned without labels. */
  readonly labels?: Int32Array;
  /** The poses that images are in; absent: centre + D v is the image itself. */
  readonly poses?: Poses;
}

/** The poses of images [H, W], n = H·W: linear maps T_p of each image row by itself. */
export interface Poses {
  /** T, [poses, H, W, W]: row y of T_p x is T[p, y] times row y of x. */
  readonly warps: NdArray<Float32Array>;
  /** P(p | j), [components, poses]. */
  readonly weights: Float64Array;
  /** The mean of what is left out, [n]. */
  readonly offset: NdArray<Float32Array>;
}

/**
 * Images x of one shape, N(μ, C) as a whole, and a mixture of Gaussians in each window: with P x ~ Σ_k π_Pk N(m_k, S_k) for the windows P of a tiling,
 *
 *   p(x) ∝ N(x; μ, C) Π_P [Σ_k π_Pk N(P x; m_k, S_k)] / N(P x; P μ, P C Pᵀ).
 */
export interface WindowPrior {
  readonly kind: "windows";
  readonly name: string;
  /** Shape of one image, [h, w] or [h, w, channels], of n numbers. */
  readonly shape: readonly number[];
  /** μ, [n]. */
  readonly mean: Float64Array;
  /** C, [n, n], row-major. */
  readonly covariance: Float64Array;
  /** Pixels along a side of a window of d numbers. */
  readonly side: number;
  /** π, [places, components], at the places of `windowPlaces`. */
  readonly weights: NdArray<Float64Array>;
  /** m, [components, d]. */
  readonly means: NdArray<Float32Array>;
  /** S, [components, d, d]. */
  readonly covariances: NdArray<Float32Array>;
}

/**
 * A mixture of zero-mean Gaussians on the patches of images of any size, once the mean of each patch is removed, channel by channel:
 *
 *   P x − mean(P x) ~ Σ_k π_k N(0, U_k diag(λ_k) U_kᵀ) for every patch P x of [side, side] or [side, side, channels].
 */
export interface PatchPrior {
  readonly kind: "patches";
  readonly name: string;
  /** Pixels along a side of a patch. */
  readonly side: number;
  /** Numbers of a pixel: 1 or 3. */
  readonly channels: number;
  /** π, [components]. */
  readonly weights: Float64Array;
  /** λ, [components, d], falling. */
  readonly values: NdArray<Float32Array>;
  /** U, [components, d, d], an eigenvector in each row. */
  readonly vectors: NdArray<Float32Array>;
}

/**
 * A dictionary of patches of images of any size, once the mean of each patch is removed, channel by channel: P x − mean(P x) ≈ D'w with few
 * w ≠ 0, for every patch P x of [side, side] or [side, side, channels].
 */
export interface DictionaryPrior {
  readonly kind: "dictionary";
  readonly name: string;
  /** Pixels along a side of a patch. */
  readonly side: number;
  /** Numbers of a pixel: 1 or 3. */
  readonly channels: number;
  /** D, [atoms, d], rows of norm 1. */
  readonly atoms: NdArray<Float32Array>;
  /** Root mean square of the difference of two neighbours in a row of a patch. */
  readonly roughness: number;
}

/**
 * A learned regulariser of images of any size: a critic Ψ that is low on true images and high on naive reconstructions, with ‖∇Ψ‖ of about 1 at most (Lunz, Öktem, Schönlieb 2018). Recovery minimises
 * ½‖y − Φx‖² + λΨ(x).
 */
export interface RegulariserPrior {
  readonly kind: "regulariser";
  readonly name: string;
  /** Pixels along a side of what Ψ looks at: the smallest image. */
  readonly side: number;
  /** Numbers of a pixel: 1 or 3. */
  readonly channels: number;
  /** Ψ for images of one shape, which `acceptsShape` takes. */
  penalty(shape: readonly number[]): SmoothPenalty;
}

/** A baseline that is a way to recover, with options of its own: what it takes for likely is in how it works. */
export interface MethodPrior {
  readonly kind: "method";
  readonly name: string;
  /** Shape of one signal. */
  readonly shape: readonly number[];
  /** Which method, by its name in `src/solve/methods/registry.ts`. */
  readonly method: string;
  /** Its options, all of them, checked. */
  readonly options: Options;
}

/**
 * A denoiser D: what is known of images is how it cleans them, x ≈ D_s(x + N(0, s²I)). Plug-and-play methods recover with it. For images in
 * [0, 1], grey [H, W] or in colour [H, W, 3], of any size unless `accepts` says otherwise.
 */
export interface DenoiserPrior {
  readonly kind: "denoiser";
  readonly name: string;
  /** Whether D takes s. If not, it finds the noise by itself, or is made for one s. */
  readonly takesSigma: boolean;
  /** True if it takes images of this shape; else why not, as the end of a sentence. */
  accepts(shape: readonly number[]): true | string;
  /** Makes it ready for images of one shape, which it accepts. Errors (InputError): it fails on them. */
  open(shape: readonly number[]): Promise<Denoiser>;
}

/** A denoiser that is ready for images of one shape. */
export interface Denoiser {
  /** D_s of each image [batch, ...shape], s the standard deviation of its noise. */
  denoise(images: NdArray<Float32Array>, s: number, signal?: AbortSignal): Promise<NdArray<Float32Array>>;
  dispose(): Promise<void>;
}

/** A prior of signals of one shape. */
export type SignalPrior = GeneratorPrior | PenaltyPrior | GaussianPrior | MixturePrior | WindowPrior | MethodPrior;

/** A prior of images of any size, by what their patches look like. */
export type ImagePrior = PatchPrior | DictionaryPrior | RegulariserPrior;

/** A prior that is learned, and kept in a folder. */
export type LearnedPrior = GeneratorPrior | MixturePrior | WindowPrior | ImagePrior | DenoiserPrior;

export type Prior = SignalPrior | ImagePrior | DenoiserPrior;

/** Whether a prior is of signals of one shape; others are of images of any size. */
export const isOfOneShape = (prior: Prior): prior is SignalPrior =>
  !["patches", "dictionary", "regulariser", "denoiser"].includes(prior.kind);
