import { suite } from "uvu";
import * as assert from "uvu/assert";
import { murmur128 } from "../../src/data/murmur.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("random streams");
const many = 100_000;
const standardError = 1 / Math.sqrt(many);

test("the same seed and names give the same numbers; other names or seeds give others", () => {
  const first = (seed: number, ...names: (string | number)[]) => stream(seed, ...names).fillNormal(new Float64Array(8));
  assert.equal(first(1, "latents", 3), first(1, "latents", 3));
  assert.not.equal(first(1, "latents", 3), first(1, "latents", 4));
  assert.not.equal(first(1, "latents", 3), first(2, "latents", 3));
  assert.not.equal(first(1, "a"), first(1, "b"));
});

test("the hash of a name is MurmurHash3's (vectors of the npm package murmurhash3js-revisited)", () => {
  const hex = (text: string) =>
    murmur128(text)
      .map((word) => word.toString(16).padStart(8, "0"))
      .join("");
  assert.is(hex(""), "0".repeat(32));
  assert.is(hex("0"), "0ab2409ea5eb34f8a5eb34f8a5eb34f8");
  assert.is(hex("01234"), "35c5b3ee7b3b211600ae108800ae1088");
  assert.is(hex("I will not buy this tobacconist's, it is scratched."), "9b5b7ba2ef3f7866889adeaf00f3f98e");
});

test("names that are not the same have streams that are not the same", () => {
  const draw = (...names: (string | number)[]) => stream(1, ...names).fillNormal(new Float64Array(4));
  assert.not.equal(draw("noise", 96627638), draw("noise", 344650718)); // one stream, while the state came from 32 bits
  assert.not.equal(draw("a/b"), draw("a", "b"));
  assert.not.equal(draw("a", 1), draw("a", "1"));
});

test("normal draws have mean 0, variance 1, kurtosis 3 and the tail of the normal law (5 standard errors)", () => {
  const x = stream(1, "normal").fillNormal(new Float64Array(many));
  const moment = (power: number) => x.reduce((sum, v) => sum + v ** power, 0) / many;
  assert.ok(Math.abs(moment(1)) < 5 * standardError);
  assert.ok(Math.abs(moment(2) - 1) < 5 * Math.SQRT2 * standardError);
  assert.ok(Math.abs(moment(4) - 3) < 5 * Math.sqrt(96) * standardError);
  const outside = x.filter((v) => Math.abs(v) > 1.959964).length / many;
  assert.ok(Math.abs(outside - 0.05) < 5 * Math.sqrt(0.05 * 0.95) * standardError);
});

test("uniform draws are in [0, 1) and fill ten bins evenly (5 standard errors)", () => {
  const random = stream(2, "uniform");
  const bins = new Array<number>(10).fill(0);
  for (let i = 0; i < many; i++) bins[Math.floor(random.uniform() * 10)]! += 1;
  assert.is(
    bins.reduce((a, b) => a + b),
    many,
  );
  for (const n of bins) assert.ok(Math.abs(n / many - 0.1) < 5 * Math.sqrt(0.09) * standardError);
});

test("uniform draws that fill an array are those of the stream, in (0, 1]", () => {
  const filled = stream(2, "uniform").fillUniform(new Float64Array(1000));
  const random = stream(2, "uniform");
  for (const v of filled) assert.is(v, random.uniform() + 2 ** -32);
  assert.ok(
    stream(2, "uniform")
      .fillUniform(new Float32Array(1000))
      .every((v) => v > 0 && v <= 1),
  );
});

test("streams that differ by one digit are uncorrelated (5 standard errors)", () => {
  const [a, b] = [1, 2].map((i) => stream(7, "step", i).fillNormal(new Float64Array(many)));
  const product = a!.reduce((sum, v, i) => sum + v * b![i]!, 0) / many;
  assert.ok(Math.abs(product) < 5 * standardError);
});

test("a permutation holds every number once, and integers stay below their bound", () => {
  const random = stream(3, "order");
  const order = random.permutation(1000);
  assert.equal(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
  assert.not.equal([...order], [...random.permutation(1000)]);
  const seen = new Set(Array.from({ length: 500 }, () => random.integer(6)));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4, 5]);
});

test("a seed that is not an integer from 0 is refused", () => {
  for (const seed of [-1, 0.5, Number.NaN]) assert.throws(() => stream(seed), /seed: expected an integer .* got/);
});

test.run();
