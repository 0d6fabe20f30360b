import { contiguous, sizeOf } from "../../data/array.ts";
import { median, squaredNorm } from "../../data/vector.ts";
import type { Problem } from "../problem.ts";
import type { MixturePosterior } from "./mixture-posterior.ts";

/** Draws of y from which the spread of the evidence is estimated. With 50, its mean is known to a seventh of the spread. */
const DRAWS = 50;

/** Evidence is far too low if it is lower than expected by this many standard deviations of the evidence of drawn measurements … */
const FAR = 6;
/** … and by this much per measurement (squares twice as large as expected). For real data and a learned prior the median gap is smaller. */
const MISSED = 0.5;
/** A single signal is named if its evidence is lower by this much per measurement. Digits measured without noise reach 1.5. */
const MISSED_BY_FAR = 3;

/**
 * log p(y) is too high if its batch mean is `SURE` standard errors above the expected value, and its median `SURPLUS` per measurement
 * above it. At most ½ per measurement is possible; 0.3 means squares below 0.4 of what is expected.
 */
const SURE = 8;
const SURPLUS = 0.3;

/** y is taken to be in other units if it is more than this many times larger or smaller than the prior expects. */
const OTHER_UNITS = 10;

/**
 * Warnings for a y that does not fit a mixture prior: log p(y) is compared with its distribution for y drawn from the prior and the
 * noise. For y drawn from the prior, one batch in thousands gets a warning. docs/uncertainty.md says what happens with real data.
 */
export async function evidenceWarnings(found: MixturePosterior, { y, noise, operator }: Problem): Promise<string[]> {
  const batch = y.shape[0]!;
  const m = sizeOf(operator.outShape);
  const expected = await found.expectedEvidence(DRAWS, 1);
  const mean = expected.reduce((sum, v) => sum + v / DRAWS, 0);
  const deviation = Math.sqrt(expected.reduce((sum, v) => sum + (v - mean) ** 2 / (DRAWS - 1), 0));
  const gaps = found.evidence.map((v) => v - mean);
  const middle = median(gaps);
  const size = Math.sqrt(squaredNorm(contiguous(y) as Float32Array) / batch / found.expectedEnergy);

  if (middle < -FAR * deviation && middle < -MISSED * m) {
    const lower = `log p(y) is ${Math.round(-middle / deviation)} standard deviations below what the prior expects`;
    if (size > OTHER_UNITS || size < 1 / OTHER_UNITS) return [`${lower}; ${otherUnits(size)}`];
    return [
      `${lower}; ${noise.name} may be too small, Φ another operator than the one that measured, or the prior one of other signals`,
    ];
  }
  const surplus = gaps.reduce((sum, v) => sum + v / batch, 0);
  if (noise.sigma > 0 && middle > SURPLUS * m && surplus * Math.sqrt(batch) > SURE * deviation) {
    if (size < 1 / OTHER_UNITS) return [`y hardly varies; ${otherUnits(size)}`];
    return [`y varies less than the prior and the noise let expect; ${noise.name} may be too large`];
  }
  const lost = [...gaps.keys()].filter((i) => gaps[i]! < -FAR * deviation && gaps[i]! < -MISSED_BY_FAR * m);
  if (lost.length === 0) return [];
  const named = lost
    .slice(0, 5)
    .map((i) => i + 1)
    .join(", ");
  return [
    `log p(y) of ${lost.length} of ${batch} signals (${named}${lost.length > 5 ? ", …" : ""}) is far below what the prior expects`,
  ];
}

/** Measurements `size` times as large as expected. */
function otherUnits(size: number): string {
  const times =
    size > 1 ? `${Number(size.toPrecision(2))} times as large` : `${Number((1 / size).toPrecision(2))} times smaller`;
  return `y is about ${times}: are the measurements in the units of the prior's signals (0 to 255, or 0 to 1)?`;
}
