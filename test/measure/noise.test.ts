import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stream } from "../../src/data/random.ts";
import { drawPoisson } from "../../src/measure/noise/draw-poisson.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { describeNoises, noiseFiles, noises, parseNoise } from "../../src/measure/noise/registry.ts";
import { saltAndPepperNoise } from "../../src/measure/noise/salt-and-pepper.ts";
import { refuses } from "../data/tiny.ts";
import { apply, floats } from "../operators/draws.ts";

const test = suite("noise models");
const half = floats(new Array(20000).fill(0.5), [2, 10000]);
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

test("a bare number is the sigma of Gaussian noise; 0 is no noise", () => {
  for (const spec of ["0.05", ".05", "5e-2", "gaussian:sigma=0.05", " gaussian : sigma = 0.05 "]) {
    assert.equal([parseNoise(spec).spec, parseNoise(spec).ofMeasured(half)!.sigma], ["gaussian:sigma=0.05", 0.05]);
  }
  assert.equal(parseNoise("0").ofClean(half).sample(half, stream(1, "y")).data, half.data);
});

test("snr in decibels gives sigma, from values without noise and from measurements", () => {
  const noise = parseNoise("gaussian:snr=20");
  const model = noise.ofClean(half);
  assert.ok(Math.abs(model.sigma - 0.05) < 1e-6); // mean square .25 over 100
  assert.equal([model.spec, model.asked], [`gaussian:sigma=${model.sigma}`, "gaussian:snr=20"]);
});

test("norm is that of a signal's noise: sigma = norm/√m", () => {
  const noise = parseNoise("gaussian:norm=2");
  for (const model of [noise.ofClean(half), noise.ofMeasured(half)!]) {
    assert.equal([model.spec, model.sigma], ["gaussian:sigma=0.02", 0.02]); // half has 10 000 measurements a signal
  }
});

test("sigma=auto is estimated: measurements alone do not tell it, and measure refuses it", async () => {
  const noise = parseNoise("gaussian:sigma=auto");
  assert.is(noise.ofMeasured(half), undefined);
  assert.is(noise.ofSigma(0.2).sigma, 0.2);
  await refuses(async () => noise.ofClean(half), /gaussian: sigma=auto is for measurements that there are already/);
});

test("sigmas of a file weigh each measurement: the misfit by hand, draws of each deviation", async () => {
  const noise = parseNoise("gaussian:sigmas=s.npy", { "s.npy": floats([1, 3], [2]) });
  const model = noise.ofMeasured(half)!;
  assert.ok(Math.abs(model.sigma - Math.sqrt(5)) < 1e-6);
  assert.equal([...model.gaussian!.sigmas!], [1, 3]);
  const misfit = await apply((c) => model.misfit(c, c.mul(0)), floats([1, 1, 0, 3], [2, 2]));
  // ½·5·(1/1 + 1/9), ½·5·9/9
  assert.ok(Math.abs(misfit.data[0]! - 25 / 9) < 1e-5 && Math.abs(misfit.data[1]! - 2.5) < 1e-5);
  const prox = await apply((v) => model.prox!(v, v.mul(0), v.mean(1).mul(0).add(1)), floats([1, 1], [1, 2]));
  assert.ok(Math.abs(prox.data[0]! - 1 / 6) < 1e-6 && Math.abs(prox.data[1]! - 1 / (1 + 5 / 9)) < 1e-6);
  const drawn = model.sample(floats(new Array(20000).fill(0), [10000, 2]), stream(1, "y")).data;
  for (const [k, sigma] of [1, 3].entries()) {
    const own = mean(drawn.filter((_, i) => i % 2 === k).map((v) => v * v));
    assert.ok(Math.abs(own / sigma ** 2 - 1) < 5 * Math.sqrt(2 / 10000)); // five standard errors of a mean of squares
  }
  await refuses(async () => model.sample(half, stream(1, "y")), /got 2 sigmas for 10000 measurements a signal/);
});

test("Poisson draws have the law's probabilities, by products and by rejection", () => {
  const probability = (k: number, lambda: number): number => {
    let p = Math.exp(-lambda);
    for (let i = 1; i <= k; i++) p *= lambda / i;
    return p;
  };
  for (const lambda of [0, 0.3, 9.5, 10.5, 60]) {
    const random = stream(1, "poisson", lambda);
    const count = 40000;
    const seen = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const k = drawPoisson(lambda, random);
      seen.set(k, (seen.get(k) ?? 0) + 1);
    }
    for (let k = 0; k < 120; k++) {
      const p = probability(k, lambda);
      const error = Math.sqrt((p * (1 - p)) / count);
      assert.ok(Math.abs((seen.get(k) ?? 0) / count - p) <= 5 * error + 1 / count, `${lambda}: ${k}`);
    }
  }
});

test("counting noise: means are kept, the variance is c/peak, values are counts over peak", () => {
  const y = parseNoise("poisson:peak=4").ofClean(half).sample(half, stream(1, "y")).data;
  assert.ok(y.every((v) => Number.isInteger(4 * v) && v >= 0));
  assert.ok(Math.abs(mean(y) - 0.5) < 5 * Math.sqrt(0.125 / y.length));
  const both = parseNoise("poisson-gaussian:peak=4,sigma=0.5").ofClean(half);
  assert.ok(Math.abs(both.sigma ** 2 - (0.125 + 0.25)) < 1e-6);
  assert.ok(Math.abs(mean(both.sample(half, stream(1, "y")).data) - 0.5) < 5 * Math.sqrt(0.375 / y.length));
});

test("the Poisson misfit is −σ² log p: differences in c by hand", async () => {
  const model = parseNoise("poisson:peak=10").ofSigma(0.2);
  const values = await apply((c) => model.misfit(c, c.mul(0).add(0.3)), floats([0.3, 0.6], [2, 1]));
  const negative = (c: number) => 10 * c - 3 * Math.log(10 * c); // of 3 counts, without log 3!
  const variance = 0.3 / 10; // mean(y)/peak of the signal, whatever that of others is
  assert.ok(Math.abs(values.data[1]! - values.data[0]! - variance * (negative(0.6) - negative(0.3))) < 1e-6);
});

test("sigma of counts and read-out is not led by read-out below 0", () => {
  const noise = parseNoise("poisson-gaussian:peak=1,sigma=0.5");
  const dim = floats(new Array(20000).fill(0.05), [2, 10000]);
  const { sigma } = noise.ofMeasured(noise.ofClean(dim).sample(dim, stream(1, "y")))!;
  // σ² = .05 + .25; the mean of y is known to √(.3/20000), five of it are .02
  assert.ok(Math.abs(sigma ** 2 - 0.3) < 0.02, `${sigma}`);
  assert.ok(noise.ofMeasured(floats([-1, -2], [1, 2]))!.sigma >= 0.5);
});

test("salt and pepper loses the fraction, half of it low and half high", () => {
  const y = parseNoise("salt-and-pepper:fraction=0.2").ofClean(half).sample(half, stream(1, "y")).data;
  const part = (value: number) => y.filter((v) => v === value).length / y.length;
  for (const value of [0, 1]) assert.ok(Math.abs(part(value) - 0.1) < 5 * Math.sqrt(0.09 / y.length));
  assert.ok(Math.abs(part(0.5) - 0.8) < 5 * Math.sqrt(0.16 / y.length));
});

test("what is wrong is said in one line", async () => {
  const negative = floats([0.5, -0.2], [1, 2]);
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    ...["5dB", "5%", "0.1.2", "1e", "NaN", "-inf", "Infinity"].map(
      (text) => [() => parseNoise(text), new RegExp(`^noise: expected a number, .*got "${text}"$`)] as const,
    ),
    [() => noiseFiles("5dB"), /noise: expected a number, .*got "5dB"/],
    [() => parseNoise("-1"), /got -1$/],
    [() => parseNoise("gaussian:sigma=-1"), /gaussian noise: sigma: .*got -1/],
    [() => parseNoise("gaussian:sigma=large"), /gaussian: sigma: expected a number or auto, got "large"/],
    [() => parseNoise("gaussian"), /gaussian: give one of sigma, snr, norm and sigmas/],
    [() => parseNoise("gaussian:norm=-1"), /gaussian: norm: expected a number of at least 0, got -1/],
    [() => parseNoise("gaussian:sigma=1,snr=3"), /give one of sigma, snr, norm and sigmas/],
    [() => parseNoise("gausian:sigma=1"), /noise: unknown noise "gausian"; did you mean gaussian/],
    [() => parseNoise("toString"), /unknown noise "toString"/],
    [() => parseNoise("poisson:peek=3"), /poisson: unknown option "peek"; did you mean peak/],
    [() => parseNoise("poisson"), /poisson: peak is required/],
    [() => parseNoise("poisson:peak=0"), /poisson noise: peak: expected a positive number, got 0/],
    [() => parseNoise("poisson-gaussian:peak=3,sigma=0"), /sigma: expected a positive number, got 0; .*use poisson/],
    [() => parseNoise("salt-and-pepper:fraction=1"), /fraction: expected a number between 0 and 1/],
    [() => parseNoise("salt-and-pepper:fraction=.1,low=2"), /expected low below high, got low=2, high=1/],
    [() => parseNoise("gaussian:sigmas=s.npy"), /s\.npy is a file, which parseNoise does not open; use openNoise/],
    [() => parseNoise("poisson:peak=3").ofMeasured(negative), /measurement 1 of signal 0 is -0\.2/],
    [
      () => parseNoise("poisson:peak=3").ofClean(negative).sample(negative, stream(1, "y")),
      /poisson noise: measurement 1 of signal 0 is -0\.2\d* without noise; counts need values of at least 0/,
    ],
  ];
  for (const [body, message] of cases) await refuses(async () => body(), message);
  assert.throws(() => gaussianNoise(Float32Array.of(1, 0)), /sigmas: expected positive .*got 0 at 1/);
  assert.throws(() => gaussianNoise(Number.NaN), /got NaN/);
  const misspelt = { fraction: 0.1, hihg: 2 };
  assert.throws(() => saltAndPepperNoise(misspelt), /salt-and-pepper noise: unknown option "hihg"; did you mean high/);
});

test("help names every model and every option", () => {
  const text = describeNoises();
  for (const [name, { options, summary }] of Object.entries(noises)) {
    assert.ok(text.includes(`  ${name} `) && text.includes(` ${summary}`));
    for (const key of Object.keys(options)) assert.ok(text.includes(`${key}=<`));
  }
});

test.run();
