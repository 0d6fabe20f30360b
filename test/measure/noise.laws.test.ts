import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import type { NoiseModel } from "../../src/measure/noise/noise.ts";
import { noises, parseNoise } from "../../src/measure/noise/registry.ts";
import { difference, type Floats, floats } from "../operators/draws.ts";

/** What every noise model must satisfy, on every sample of the registry. */
const laws = suite("laws of noise models");

/** Noiseless values that every model knows: in [0.1, 1]. */
function clean(shape: readonly number[], seed = 1): Floats {
  const random = stream(seed, "clean");
  const size = shape.reduce((a, b) => a * b, 1);
  return fromHost(
    Float32Array.from({ length: size }, () => 0.1 + 0.9 * random.uniform()),
    shape,
  );
}

type Pair = { c: tf.Tensor; y: tf.Tensor };

async function run(
  fn: (pair: Pair) => tf.Tensor,
  c: Floats,
  y: Floats,
  engine: "onnx" | "tfjs" = "onnx",
): Promise<Floats> {
  const compiled = await compile(fn, { c, y }, { engine, name: "noise" });
  const result = await compiled.run({ c, y });
  await compiled.dispose();
  return result as Floats;
}

const misfit = (model: NoiseModel, c: Floats, y: Floats) => run((pair) => model.misfit(pair.c, pair.y), c, y);
/** Each number as a signal of two, beside a 1: the 1 adds nothing to the misfit of c = 1, and keeps the row's σ from 0. */
const besideOne = (values: ArrayLike<number>): Floats =>
  floats(
    Array.from(values).flatMap((value) => [value, 1]),
    [values.length, 2],
  );
const firsts = (rows: Floats): Float32Array => rows.data.filter((_, i) => i % 2 === 0);
const gradient = (model: NoiseModel) => (pair: Pair) => tf.grad((c) => tf.sum(model.misfit(c, pair.y)))(pair.c);

for (const spec of Object.values(noises).flatMap(({ samples }) => samples)) {
  const c = clean([3, 4, 5]);
  const noise = parseNoise(spec);
  const model = noise.ofClean(c);
  const y = model.sample(c, stream(1, "y"));
  /** Every c against every y, one signal a row; some c are 0 and below. */
  const far = clean([3, 4, 5], 2);
  far.data.set([-0.5, -0.01, 0, 1e-4, 0.01]);

  laws(`${spec}: the root mean square of y − c is sigma, and y tells sigma`, () => {
    const many = clean([200, 500]);
    const of = noise.ofClean(many);
    const drawn = of.sample(many, stream(2, "y"));
    const squares = drawn.data.map((v, i) => (v - many.data[i]!) ** 2);
    const mean = squares.reduce((a, b) => a + b, 0) / squares.length;
    const spread = Math.sqrt(squares.reduce((sum, v) => sum + (v - mean) ** 2, 0) / squares.length);
    // five standard errors of the mean of 100 000 squares
    assert.ok(Math.abs(mean - of.sigma ** 2) < (5 * spread) / Math.sqrt(squares.length), `${mean} ${of.sigma ** 2}`);
    // from y: sampling errors of its moments, below 1 % at 100 000 numbers
    assert.ok(Math.abs(noise.ofMeasured(drawn)!.sigma / of.sigma - 1) < 0.02);
  });

  laws(`${spec}: the same stream draws the same, the first signals whatever follows`, () => {
    assert.equal(model.sample(c, stream(1, "y")).data, y.data);
    const first = model.sample(floats([...c.data.subarray(0, 20)], [1, 4, 5]), stream(1, "y"));
    assert.equal(first.data, y.data.subarray(0, 20));
    assert.equal(y.shape, [3, 4, 5]);
    assert.ok(difference(model.sample(c, stream(2, "y")).data, y.data) > 1e-3);
  });

  laws(`${spec}: spec and sigma make the same model again`, async () => {
    const again = parseNoise(model.spec).ofSigma(model.sigma);
    assert.equal([again.name, again.spec, again.sigma], [model.name, model.spec, model.sigma]);
    assert.equal(again.sample(c, stream(1, "y")).data, y.data);
    assert.equal((await misfit(again, far, y)).data, (await misfit(model, far, y)).data);
  });

  laws(`${spec}: the misfit is 0 at c = y and more elsewhere`, async () => {
    assert.equal((await misfit(model, c, c)).shape, [3]);
    const scale = Math.max(...(await misfit(model, clean([3, 4, 5], 3), c)).data);
    const alike = floats([0, 0, 1e-4, 1e-3, ...c.data.subarray(0, 60)], [4, 16]); // no counts, and less than a hundredth of one
    for (const same of [c, alike, floats([0, 0], [2, 1])]) {
      for (const value of (await misfit(model, same, same)).data) assert.ok(Math.abs(value) < 1e-6 * scale); // rounding of logs
    }
    const values = clean([9, 1]);
    values.data.set([-0.5, -0.1, -0.001, 0.001, 0.05, 0.099, 0.15, 0.5, 2]);
    const at = floats(new Array(9).fill(0.1), [9, 1]);
    const around = (await misfit(model, values, at)).data;
    for (let i = 1; i < 9; i++) {
      const falls = i < 6; // towards 0.1 from both sides
      assert.ok(falls ? around[i]! < around[i - 1]! : i === 6 || around[i]! > around[i - 1]!, `${i}: ${around}`);
    }
    assert.ok(around.every((value) => value > 0));
  });

  laws(`${spec}: a signal's misfit, gradient and proximal map are those that it has alone`, async () => {
    const rows = [0, 1, 2];
    const rowOf = (array: Floats, i: number) => floats([...array.data.subarray(20 * i, 20 * i + 20)], [1, 4, 5]);
    const scaled = fromHost(
      y.data.map((v, at) => Math.abs(v) * [0, 1, 30][Math.floor(at / 20)]!), // signals of unlike strength
      y.shape,
    );
    const together = noise.ofMeasured(scaled)!;
    const prox = (of: NoiseModel) => (pair: Pair) => of.prox!(pair.c, pair.y, tf.fill([pair.c.shape[0]!], 0.5));
    const apart = rows.map((i) => noise.ofMeasured(rowOf(scaled, i))!);
    for (const of of [
      (one: NoiseModel) => (pair: Pair) => one.misfit(pair.c, pair.y),
      gradient,
      ...(model.prox ? [prox] : []),
    ]) {
      const all = await run(of(together), far, scaled);
      const width = all.size / 3;
      for (const i of rows) {
        const alone = (await run(of(apart[i]!), rowOf(far, i), rowOf(scaled, i))).data;
        const largest = Math.max(...alone.map(Math.abs));
        // rounding of sums in another order
        assert.ok(difference(all.data.subarray(width * i, width * i + width), alone) <= 1e-5 * largest, `signal ${i}`);
      }
    }
  });

  laws(`${spec}: the gradient is the difference quotient, finite at and below 0`, async () => {
    const slopes = firsts(await run(gradient(model), besideOne(far.data), besideOne(y.data)));
    assert.ok(slopes.every(Number.isFinite));
    const step = 1e-3;
    const moved = (by: number) => misfit(model, besideOne(far.data.map((v) => v + by)), besideOne(y.data));
    const [more, less] = [(await moved(step)).data, (await moved(-step)).data];
    for (const [i, value] of far.data.entries()) {
      if (i < 5 || Math.abs(value - y.data[i]!) < 2 * step) continue; // kinks: at the floor of counts, at c = y
      const quotient = (more[i]! - less[i]!) / (2 * step);
      // a float32 misfit of about 1 is known to 1e-7, its quotient to 1e-4; the third derivative adds as much
      assert.ok(Math.abs(slopes[i]! - quotient) < 0.01 * (1 + Math.abs(quotient)), `${i}: ${slopes[i]} ${quotient}`);
    }
  });

  laws(`${spec}: compiled and op by op agree on misfit, gradient and proximal map`, async () => {
    const prox = (pair: Pair) => model.prox!(pair.c, pair.y, tf.tensor1d([0.1, 1, 10]));
    for (const fn of [(pair: Pair) => model.misfit(pair.c, pair.y), gradient(model), ...(model.prox ? [prox] : [])]) {
      const [fast, slow] = [await run(fn, far, y), await run(fn, far, y, "tfjs")];
      assert.equal(fast.shape, slow.shape);
      assert.ok(difference(fast.data, slow.data) < 1e-5); // float32 rounding
    }
  });

  if (model.prox) {
    laws(`${spec}: no point of a fine grid beats the proximal map`, async () => {
      const grid = Float32Array.from({ length: 4001 }, (_, i) => -2 + i * 1e-3);
      for (const t of [0.2, 1, 20]) {
        for (const measured of [0, 0.3, 1]) {
          const many = (count: number) => besideOne(new Array(count).fill(measured));
          const { data } = await misfit(model, besideOne(grid), many(4001));
          const from = [-0.5, 0, 0.02, 0.4, 1.5];
          const found = await run((pair) => model.prox!(pair.c, pair.y, tf.fill([5], t)), besideOne(from), many(5));
          const at = (await misfit(model, found, many(5))).data;
          for (const [i, v] of from.entries()) {
            const best = grid.reduce((least, g, k) => Math.min(least, 0.5 * (g - v) ** 2 + t * data[k]!), Infinity);
            const reached = 0.5 * (firsts(found)[i]! - v) ** 2 + t * at[i]!;
            assert.ok(reached <= best + 1e-5 * (1 + best), `t ${t} y ${measured} v ${v}: ${reached} against ${best}`);
          }
        }
      }
    });
  }
}

laws.run();
