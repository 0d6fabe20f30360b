import { suite } from "uvu";
import * as assert from "uvu/assert";
import { wilcoxonSignedRank } from "../../src/compare/wilcoxon.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("Wilcoxon signed-rank");

const near = (got: number, want: number, tolerance: number) =>
  assert.ok(Math.abs(got - want) < tolerance, `${got} instead of ${want}`);

test("Darwin's maize, the example of SciPy's wilcoxon: statistic 24 on the smaller side, p = 0.041259765625", () => {
  const d = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75];
  const { statistic, count, p } = wilcoxonSignedRank(d);
  assert.equal([statistic, count], [120 - 24, 15]);
  near(p, 0.041259765625, 1e-15);
});

test("Hollander and Wolfe's depression data, the example of R's wilcox.test: V = 40, one-sided p = 10/512", () => {
  const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
  const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
  const { statistic, p } = wilcoxonSignedRank(before.map((v, i) => v - after[i]!));
  assert.is(statistic, 40);
  near(p, 2 * (10 / 512), 1e-15);
});

test("ten equal differences: normal p = 0.001904195, as in SciPy's tests; exactly it is 2/2¹⁰", () => {
  near(wilcoxonSignedRank(new Array(10).fill(0.1), 0).p, 0.001904195, 1e-8);
  near(wilcoxonSignedRank(new Array(10).fill(0.1)).p, 2 / 1024, 1e-15);
});

test("with ties p is that of all signs, counted one by one", () => {
  const d = [1, -1, 2, 2, -2, 3, 0, 5];
  const ranks = [1.5, 1.5, 4, 4, 4, 6, 7];
  const { statistic, count, p } = wilcoxonSignedRank(d);
  assert.equal([statistic, count], [1.5 + 4 + 4 + 6 + 7, 7]);
  let extreme = 0;
  for (let signs = 0; signs < 128; signs++) {
    const sum = ranks.reduce((s, rank, i) => s + ((signs >> i) & 1) * rank, 0);
    if (Math.abs(sum - 14) >= Math.abs(statistic - 14)) extreme++;
  }
  near(p, extreme / 128, 1e-15);
});

test("the normal approximation meets the exact one at 50 differences, and swapping the sides changes nothing", () => {
  const random = stream(1, "differences");
  const d = Array.from({ length: 50 }, () => random.normal() + 0.35);
  const [exact, normal] = [wilcoxonSignedRank(d), wilcoxonSignedRank(d, 0)];
  assert.ok(exact.p > 1e-3 && exact.p < 0.2);
  // W⁺ has lighter tails than the normal: its excess kurtosis of −3.6/n costs 10 % here, to the safe side
  assert.ok(normal.p > exact.p && normal.p < 1.12 * exact.p, `${normal.p} and ${exact.p}`);
  near(wilcoxonSignedRank(d.map((v) => -v)).p, exact.p, 1e-12);
});

test("p of differences without effect is below 0.05 in about one of 20 tests", () => {
  let below = 0;
  for (let i = 0; i < 400; i++) {
    if (wilcoxonSignedRank(stream(2, "null", i).fillNormal(new Float64Array(60))).p < 0.05) below++;
  }
  assert.ok(below > 6 && below < 34, `${below} of 400`); // 20 ± 3.2 standard deviations of 4.36
});

test("one sign throughout: a p far below what 1 − erf can tell, and never 0", () => {
  const { p } = wilcoxonSignedRank(Float64Array.from({ length: 500 }, (_, i) => i + 1));
  // z = 62625 − ½ over √(500·501·1001/24), log₁₀ of the two-sided tail from ln Q(z) ≈ −z²/2 − ln(z√(2π))
  const z = (62625 - 0.5) / Math.sqrt((500 * 501 * 1001) / 24);
  near(Math.log10(p), (-(z * z) / 2 - Math.log(z * Math.sqrt(2 * Math.PI)) + Math.log(2)) / Math.LN10, 2e-3);
});

test("no differences: p = 1", () => {
  assert.equal(wilcoxonSignedRank([0, 0]), { statistic: 0, count: 0, p: 1 });
});

test.run();
