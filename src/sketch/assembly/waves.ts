// Sums of cosines and sines, four float32 numbers at a time: AssemblyScript, compiled to WebAssembly by scripts/bundle-waves.js, used by ../waves.ts.
// ONNX Runtime takes about 4 ns for a cosine and as much for a sine. Here both together take 2 ns.

/** Loading a constant from here is faster than making it anew in every turn of a loop. */
const constants = memory.data<f32>([
  // 2/π, and 1.5 · 2²³: added to a number it rounds that to an integer, and leaves the integer in the last bits
  0.6366197724, 12582912,
  // π/2 in three parts (Cody and Waite 1980): products of the first two with integers up to 2¹³ are exact
  1.5703125, 4.83751296997070312e-4, 7.549789948768648e-8,
  // sine and cosine on [-π/4, π/4] (Moshier, Cephes, sinf.c)
  -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1, 2.443315711809948e-5, -1.388731625493765e-3,
  4.166664568298827e-2, 0.5, 1, -1,
]);

@inline
function constant(i: i32): v128 {
  return v128.load32_splat(constants + (i << 2));
}

/** The multiple q of π/2 that is nearest to x, as the last bits of a number. */
@inline
function quarters(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, constant(0)), constant(1));
}

/** x - qπ/2. Phases beyond 2²² have no digits left; their waves stay within [-1, 1]. */
@inline
function rest(x: v128, q: v128): v128 {
  const turns = f32x4.sub(q, constant(1));
  const r = f32x4.sub(x, f32x4.mul(turns, constant(2)));
  const exact = f32x4.sub(f32x4.sub(r, f32x4.mul(turns, constant(3))), f32x4.mul(turns, constant(4)));
  return f32x4.pmax(f32x4.pmin(exact, constant(12)), constant(13));
}

/** r + r³ (c₇ + c₆ r² + c₅ r⁴), the sine of a rest, for t = r². */
@inline
function nearSine(r: v128, t: v128): v128 {
  const series = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(t, constant(5)), constant(6)), t), constant(7));
  return f32x4.add(f32x4.mul(f32x4.mul(series, t), r), r);
}

/** 1 - r²/2 + r⁴ (c₁₀ + c₉ r² + c₈ r⁴), its cosine. */
@inline
function nearCosine(t: v128): v128 {
  const series = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(t, constant(8)), constant(9)), t), constant(10));
  return f32x4.add(f32x4.sub(f32x4.mul(f32x4.mul(series, t), t), f32x4.mul(t, constant(11))), constant(12));
}

/** All bits where q is odd: sine and cosine are exchanged there. */
@inline
function exchanged(q: v128): v128 {
  return i32x4.shr_s(i32x4.shl(q, 31), 31);
}

/** The sign bit where the sine is negated, the second last bit of q. */
@inline
function negatedSine(q: v128): v128 {
  return v128.and(i32x4.shl(q, 30), i32x4.splat(0x80000000));
}

/** The sign bit where the cosine is, where the last two bits of q differ. */
@inline
function negatedCosine(q: v128): v128 {
  return v128.and(v128.xor(i32x4.shl(q, 30), i32x4.shl(q, 31)), i32x4.splat(0x80000000));
}

/** The first `count` of four numbers; the others become 0. */
@inline
function firstOf(v: v128, count: i32): v128 {
  return v128.and(v, i32x4.gt_s(i32x4.splat(count), i32x4(0, 1, 2, 3)));
}

/** The sum of four numbers. */
@inline
function total(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** So many vectors are added before they are added to the whole: sums of float32 numbers lose less in two stages. */
const STRETCH: i32 = 4 * 32;

/** The sum of `count` numbers, for each of `rows` rows whose first numbers are `length` bytes apart. Up to three numbers beyond the last are read. */
export function rowSums(values: usize, rows: i32, length: usize, count: i32, to: usize): void {
  const zero = f32x4.splat(0);
  for (let row: i32 = 0; row < rows; row++, values += length, to += 4) {
    let sum = zero;
    for (let first = 0; first < count; first += STRETCH) {
      let stretch = zero;
      const end = min(count, first + STRETCH);
      for (let i = first; i < end; i += 4) {
        const four = v128.load(values + (<usize>i << 2));
        stretch = f32x4.add(stretch, i + 4 > count ? firstOf(four, count - i) : four);
      }
      sum = f32x4.add(sum, stretch);
    }
    f32.store(to, total(sum));
  }
}

/** Phases aᵀu, [rows, n], of `rows` vectors a [rows, k] for the features u [k, n] of n samples. Up to three numbers beyond each row are read and written. */
export function phases(list: usize, rows: i32, k: i32, features: usize, n: i32, to: usize): void {
  const length = <usize>n << 2;
  for (let row: i32 = 0; row < rows; row++, list += <usize>k << 2, to += length) {
    for (let at: usize = 0; at < length; at += 16) {
      let sum = f32x4.mul(v128.load32_splat(list), v128.load(features + at));
      for (let j: i32 = 1, u = features + length + at; j < k; j++, u += length) {
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(list + (<usize>j << 2)), v128.load(u)));
      }
      v128.store(to + at, sum);
    }
  }
}

/** cos x and sin x of `count` phases. Up to three numbers beyond the last are read and written. */
export function waves(phases: usize, count: i32, cosTo: usize, sinTo: usize): void {
  for (let at: usize = 0, end = <usize>count << 2; at < end; at += 16) {
    const x = v128.load(phases + at);
    const q = quarters(x);
    const r = rest(x, q);
    const t = f32x4.mul(r, r);
    const s = nearSine(r, t);
    const c = nearCosine(t);
    const change = v128.and(v128.xor(s, c), exchanged(q));
    v128.store(cosTo + at, v128.xor(v128.xor(c, change), negatedCosine(q)));
    v128.store(sinTo + at, v128.xor(v128.xor(s, change), negatedSine(q)));
  }
}

/**
 * Σ cos(a ± b) and Σ sin(a ± b) over `count` samples, for P phases a and Q phases b of each of them, by cos(a ± b) = cos a cos b ∓ sin a sin b and
 * sin(a ± b) = sin a cos b ± cos a sin b. At `a` and `b` are the cosines of the first phases, those of the next phases are `length` bytes further, and
 * sines are `sines` bytes further than cosines. The sums are written at `cosTo` and `sinTo` and every `step` bytes from there: for each a, for each b,
 * for + and -. Up to three numbers beyond the last sample are read.
 */
export function productSums(
  a: usize, P: i32, b: usize, Q: i32, length: usize, sines: usize, count: i32, cosTo: usize, sinTo: usize, step: usize,
): void {
  const zero = f32x4.splat(0);
  const lastA = a + <usize>P * length;
  const lastB = b + <usize>Q * length;
  for (; a < lastA; a += length) {
    for (let own = b; own < lastB; own += length) {
      let cc = zero, ss = zero, sc = zero, cs = zero;
      for (let first = 0; first < count; first += STRETCH) {
        let ccStretch = zero, ssStretch = zero, scStretch = zero, csStretch = zero;
        const end = min(count, first + STRETCH);
        for (let i = first; i < end; i += 4) {
          const at = <usize>i << 2;
          let cosA = v128.load(a + at);
          let sinA = v128.load(a + at + sines);
          if (i + 4 > count) {
            cosA = firstOf(cosA, count - i);
            sinA = firstOf(sinA, count - i);
          }
          const cosB = v128.load(own + at);
          const sinB = v128.load(own + at + sines);
          ccStretch = f32x4.add(ccStretch, f32x4.mul(cosA, cosB));
          ssStretch = f32x4.add(ssStretch, f32x4.mul(sinA, sinB));
          scStretch = f32x4.add(scStretch, f32x4.mul(sinA, cosB));
          csStretch = f32x4.add(csStretch, f32x4.mul(cosA, sinB));
        }
        cc = f32x4.add(cc, ccStretch);
        ss = f32x4.add(ss, ssStretch);
        sc = f32x4.add(sc, scStretch);
        cs = f32x4.add(cs, csStretch);
      }
      f32.store(cosTo, total(f32x4.sub(cc, ss)));
      f32.store(cosTo + step, total(f32x4.add(cc, ss)));
      f32.store(sinTo, total(f32x4.add(sc, cs)));
      f32.store(sinTo + step, total(f32x4.sub(sc, cs)));
      cosTo += 2 * step;
      sinTo += 2 * step;
    }
  }
}
