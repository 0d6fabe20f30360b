/**
 * How a data set of lossy measurements y = Φx + w holds one sample:
 *
 * - `masked`: x with NaN where it is not seen, in the signal's own shape;
 * - `fixed`: y alone; Φ is the same for all, and the design holds it;
 * - `own`: (Φ | y) [m, n + 1], every sample with its own Φ. A y of NaN is a row that was not measured.
 */
export const lossyForms = ["masked", "fixed", "own"] as const;
export type LossyForm = (typeof lossyForms)[number];

/** What is known of the measurements of every sample. */
export interface LossyMeasured {
  readonly form: LossyForm;
  /** Shape of x. */
  readonly signal: readonly number[];
  /** Standard deviation of the noise w ~ N(0, σ²I). */
  readonly sigma: number;
  /** What measured them, for people: `mask:keep=.2`. */
  readonly through: string;
}

/** The most samples of a block whose sums JavaScript makes: about a millisecond each, so that an interruption is seen within a second. */
export const LOSSY_ROWS = 256;

/** How samples were measured, before what measured them. */
export const formWords = {
  masked: "pixels of each sample seen through its own",
  fixed: "samples measured by one",
  own: "samples, each measured by its own draw of",
} as const;
