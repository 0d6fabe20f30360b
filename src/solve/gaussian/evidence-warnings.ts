import { contiguous, sizeOf } from "../../data/array.ts";
import { median, squaredNorm } from "../../data/vector.ts";
import type { Problem } from "../problem.ts";
import type { MixturePosterior } from "./mixture-posterior.ts";

/** Draws of y that tell how evidence spreads: its mean is known to a seventh of the spread. */
const DRAWS = 50;

/** Evidence is far below where it is lower by so many deviations of drawn measurements … */
const FAR = 6;
/** … and by so much a measurement: squares twice as large as expected. Real data miss a learned prior by less, in the median. */
const MISSED = 0.5;
/** One signal by itself is named from here on: digits measured without noise reach 1.5. */
const MISSED_BY_FAR = 3;

/**
 * log p(y) is too high if its batch mean is so many standard errors above the expected value, and its median by so much a measurement
 * (½ is the most possible; 0.3: squares less than 0.4 of what is expected).
 */
const SURE = 8;
const SURPLUS = 0.3;

/** y is in other units where it is so many times larger, or smaller, than the prior expects. */
const OTHER_UNITS = 10;

/**
 * What speaks against y under a mixture prior: log p(y) is compared with its distribution for y drawn from the prior and the noise.
 * For y drawn from the prior, one batch in thousands gets a warning; what real data do is in docs/uncertainty.md.
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
