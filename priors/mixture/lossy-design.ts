import type { NdArray } from "ndarray";
import { fromHost } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import type { Dataset } from "../../src/data/rows.ts";
import {
  type Cells,
  cellsOfGroup,
  type DesignArrays,
  fitCells,
  type LossyMeasured,
  type LossyReference,
  MATRIX,
  makeDesign,
  pilotEvidence,
  referenceArrays,
  type SketchDesign,
} from "../../src/sketch/index.ts";
import type { MixturePrior } from "../prior.ts";
import { lossyReferenceOf, scoreArraysOf } from "./lossy.ts";

/** Leading directions that are features, unless said otherwise. */
export const LOSSY_FEATURES = 64;
/** Cells that are fitted to the pilot, unless said otherwise; of each label. */
const CELLS = 20;
const CELLS_BY_LABEL = 5;
/** Samples of the pilot, unless said otherwise: more where they share Φ, and a step costs less. */
const PILOT = 3000;
const PILOT_OF_ONE = 10_000;
/** Steps of expectation maximisation on the pilot. */
const STEPS = 8;
/** Samples that draw a cell's covariance to the mean one, as in `mixture`'s training. */
const SHRINKAGE = 50;

export interface LossyDesignOptions {
  /** Labels that have cells of their own; default none. */
  readonly labels?: number;
  readonly block?: number;
  /** Leading directions that are features, of a design without cells; default 64. */
  readonly features?: number;
  /** The mixture whose components are the cells; default: none, for a first pass of moments. */
  readonly cellsOf?: MixturePrior;
  /** What `cellsOf` is called in the design. */
  readonly of?: string;
  /** Where `cellsOf` is one Gaussian: cells that are fitted to a pilot, for each label; default 20, or 5 by label. 1: one Gaussian, of missing pixels in pixels (`lossyScores`). */
  readonly cells?: number;
  /** First samples that they are fitted to; default 3000, or 10 000 where all are measured by one Φ. */
  readonly pilotRows?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Samples seen through lossy measurements, as `LossyData`. */
interface Lossy extends LossyMeasured {
  readonly dataset: Dataset;
  readonly matrix?: NdArray<Float32Array>;
}

/**
 * A design for samples that are seen through lossy measurements only: of lossy moments, or, with a mixture, of lossy cells.
 * Errors (InputError): a mixture of other signals, a number of cells for a mixture that has its own.
 */
export async function lossyDesign(data: Lossy, options: LossyDesignOptions = {}): Promise<SketchDesign> {
  const { dataset, matrix, form, signal, sigma, through } = data;
  const measured: LossyMeasured = { form, signal, sigma, through };
  const { labels, block, cellsOf, features = LOSSY_FEATURES } = options;
  const common = {
    shape: dataset.shape,
    ...(labels !== undefined && { labels }),
    ...(block !== undefined && { block }),
  };
  if (!cellsOf) {
    return makeDesign({
      ...common,
      families: [{ kind: "lossy-moments", ...measured, features }],
      learned: matrix ? { [MATRIX]: matrix } : {},
    });
  }
  if (String(cellsOf.shape) !== String(measured.signal)) {
    throw new InputError(
      `--cells-of: ${cellsOf.name} is of signals of [${cellsOf.shape}], the samples are of [${measured.signal}]`,
    );
  }
  if (form === "masked" && options.cells === 1) {
    const k = options.features ?? cellsOf.means.shape[1]!;
    return makeDesign({
      ...common,
      families: [{ kind: "lossy-scores", ...measured, features: k, of: options.of ?? cellsOf.name }],
      learned: await scoreArraysOf(cellsOf),
    });
  }
  const groups = labels ?? 1;
  const given = { ...(await lossyReferenceOf(cellsOf, groups)), ...(matrix && { matrix }) };
  const reference = await withCells(data, given, options);
  const learned: DesignArrays = referenceArrays(reference);
  const sizes = { cells: reference.weights.shape[1]!, features: reference.basis.shape[1]! };
  return makeDesign({
    ...common,
    families: [{ kind: "lossy-cells", ...measured, ...sizes, of: options.of ?? cellsOf.name }],
    learned,
  });
}

/** The reference as it is, or, of one Gaussian, with cells that are fitted to a pilot. */
async function withCells(data: Lossy, reference: LossyReference, options: LossyDesignOptions): Promise<LossyReference> {
  const { labels, cellsOf, seed = 1, signal } = options;
  const groups = labels ?? 1;
  const own = reference.weights.shape[1]!;
  const { cells = own > 1 ? own : labels === undefined ? CELLS : CELLS_BY_LABEL } = options;
  if (cells === own) return reference;
  if (own > 1) throw new InputError(`--cells: ${cellsOf!.name} has ${own} components; leave --cells out`);
  const { dataset, ...measured } = data;
  const { pilotRows = data.form === "fixed" ? PILOT_OF_ONE : PILOT } = options;
  const count = Math.min(pilotRows, dataset.count);
  const evidence = await pilotEvidence(dataset, measured, reference, count, signal);
  const labelOf = labels === undefined ? undefined : await dataset.labels!();
  const found: Cells[] = [];
  for (let group = 0; group < groups; group++) {
    const rows = Array.from({ length: count }, (_, i) => i).filter((i) => !labelOf || labelOf[i] === group);
    if (rows.length < cells) {
      throw new InputError(
        `--cells: the pilot holds ${rows.length} samples${labelOf ? ` of label ${group}` : ""} for ${cells} cells; give fewer, or a larger --pilot`,
      );
    }
    const fitting = { cells, steps: STEPS, shrinkage: SHRINKAGE, seed, group, ...(signal && { signal }) };
    found.push(await fitCells(evidence, rows, cellsOfGroup(reference, group), fitting));
  }
  const k = reference.basis.shape[1]!;
  const joined = (name: keyof Cells, shape: readonly number[]) => {
    const size = found[0]![name].length;
    const out = new Float32Array(groups * size);
    for (const [group, one] of found.entries()) out.set(one[name], group * size);
    return fromHost(out, [groups, ...shape]);
  };
  return {
    ...reference,
    weights: joined("weights", [cells]),
    means: joined("means", [cells, k]),
    factors: joined("factors", [cells, k, k]),
  };
}
