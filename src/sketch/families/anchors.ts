import { type Random, stream } from "../../data/random.ts";
import { pauses } from "../../engine/events.ts";
import type { PilotSamples } from "./family.ts";

/** How a partition is learned. */
export interface PartitionSpec {
  /** Coarse cells of each label, or of all data. */
  readonly coarse: number;
  /** Fine cells in each coarse one. */
  readonly fine: number;
  /** Leading features that decide which anchor is nearest. */
  readonly assigning: number;
  readonly seed: number;
}

/** Rounds of Lloyd's algorithm. Anchors need not converge; they only have to be spread like the data. */
const ROUNDS = 30;

/**
 * The anchors of a partition, learned from a pilot by k-means (k-means++ starts, Arthur, Vassilvitskii 2007; Lloyd 1982) in the leading
 * `assigning` features. k-means makes the coarse cells of each group, and k-means inside each coarse cell makes its fine cells.
 * Returns [groups, coarse · fine, assigning], flat. If a cell has fewer pilot samples than anchors, some anchors are equal, and all but
 * the first of these stay empty. A group without pilot samples gets its anchors from the samples of all groups.
 */
export async function anchorsOf(
  { features, labels }: Pick<PilotSamples, "features" | "labels">,
  groups: number,
  spec: PartitionSpec,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { coarse, fine, assigning, seed } = spec;
  const [rows, k] = features.shape as [number, number];
  const points = Array.from({ length: rows }, (_, i) => features.data.subarray(i * k, i * k + assigning));
  const pause = pauses(signal);
  const out = new Float32Array(groups * coarse * fine * assigning);
  for (let g = 0; g < groups; g++) {
    const inGroup = points.filter((_, i) => (labels?.[i] ?? 0) === g);
    const own = inGroup.length > 0 ? inGroup : points;
    const cells = await clusters(own, coarse, stream(seed, "anchors", g), pause);
    for (const [c, { centre, members }] of cells.entries()) {
      const inside = members.length > 0 ? members : [centre];
      for (const [f, part] of (await clusters(inside, fine, stream(seed, "anchors", g, c), pause)).entries()) {
        out.set(part.centre, ((g * coarse + c) * fine + f) * assigning);
      }
    }
  }
  return out;
}

interface Cluster {
  readonly centre: Float32Array;
  readonly members: readonly Float32Array[];
}

/** k-means. A centre that has lost all its points stays where it is. */
async function clusters(
  points: readonly Float32Array[],
  count: number,
  random: Random,
  pause: () => Promise<void>,
): Promise<Cluster[]> {
  let centres = spreadCentres(points, count, random);
  let assigned = new Int32Array(points.length).fill(-1);
  for (let round = 0; round < ROUNDS; round++) {
    await pause();
    const next = Int32Array.from(points, (point) => nearest(point, centres));
    const settled = next.every((c, i) => c === assigned[i]);
    assigned = next;
    if (settled) break;
    centres = centres.map((centre, c) => meanOf(points.filter((_, i) => assigned[i] === c)) ?? centre);
  }
  return centres.map((centre, c) => ({ centre, members: points.filter((_, i) => assigned[i] === c) }));
}

/** k-means++: each next centre is a point, drawn in proportion to its squared distance from the nearest centre so far. */
function spreadCentres(points: readonly Float32Array[], count: number, random: Random): Float32Array[] {
  const centres = [points[random.integer(points.length)]!];
  const gaps = Float64Array.from(points, (point) => squaredDistance(point, centres[0]!));
  while (centres.length < count) {
    let left = random.uniform() * gaps.reduce((a, b) => a + b, 0);
    const drawn = gaps.findIndex((gap) => {
      left -= gap;
      return left < 0;
    });
    const centre = points[Math.max(0, drawn)]!; // none is drawn where all points are centres already
    centres.push(centre);
    for (const [i, point] of points.entries()) gaps[i] = Math.min(gaps[i]!, squaredDistance(point, centre));
  }
  return centres;
}

/** The place of the centre that is nearest to a point. */
export function nearest(point: Float32Array, centres: readonly Float32Array[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [c, centre] of centres.entries()) {
    const gap = squaredDistance(point, centre);
    if (gap < least) [best, least] = [c, gap];
  }
  return best;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

function meanOf(points: readonly Float32Array[]): Float32Array | undefined {
  if (points.length === 0) return undefined;
  const sum = new Float64Array(points[0]!.length);
  for (const point of points) for (let i = 0; i < sum.length; i++) sum[i]! += point[i]!;
  return Float32Array.from(sum, (v) => v / points.length);
}
