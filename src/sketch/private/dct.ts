import { sizeOf } from "../../data/array.ts";

/**
 * The orthonormal discrete cosine transform (type II) over all axes of a shape, its `count` lowest frequencies as the columns of a matrix [d, count], row-major. A
 * frequency (f₁, f₂, …) comes before another where Σ (fᵢ/nᵢ)² is smaller, and of equal ones where f₁, then f₂, … is. No data are needed.
 */
export function lowestCosines(shape: readonly number[], count: number): Float64Array {
  const d = sizeOf(shape);
  const frequencies = Array.from({ length: d }, (_, at) => placeOf(at, shape));
  const height = (f: readonly number[]) => f.reduce((sum, v, i) => sum + (v / shape[i]!) ** 2, 0);
  const order = frequencies.map((f) => ({ f, height: height(f) }));
  order.sort((a, b) => a.height - b.height || before(a.f, b.f));
  const axes = shape.map(cosines);
  const out = new Float64Array(d * count);
  for (let at = 0; at < d; at++) {
    const place = frequencies[at]!; // the places are counted as the frequencies are
    for (let k = 0; k < count; k++) {
      out[at * count + k] = order[k]!.f.reduce((value, f, i) => value * axes[i]![f * shape[i]! + place[i]!]!, 1);
    }
  }
  return out;
}

/** The cosines of one axis of n places, [frequency, place]. */
function cosines(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [f, i] = [Math.floor(at / n), at % n];
    return Math.sqrt((f === 0 ? 1 : 2) / n) * Math.cos((Math.PI * (i + 0.5) * f) / n);
  });
}

function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let left = index;
  for (const n of [...shape].reverse()) {
    place.unshift(left % n);
    left = Math.floor(left / n);
  }
  return place;
}

function before(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((v, at) => v !== b[at]);
  return i < 0 ? 0 : a[i]! - b[i]!;
}
