import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as tf from "#tf";
import { holdOut, pickUnits } from "../../priors/generator/frequencies.ts";
import { type TrainOptions, type TrainSettings, trainGenerator } from "../../priors/generator/index.ts";
import { latentsOf, normalLatents } from "../../priors/generator/latents.ts";
import { setUp } from "../../priors/generator/setup.ts";
import type { AdamState } from "../../priors/generator/step.ts";
import { stepper } from "../../priors/generator/stepper.ts";
import { type Target, targetOf } from "../../priors/generator/target.ts";
import { isBest, isSettled } from "../../priors/generator/validation.ts";
import { factsOf } from "../../priors/learned.ts";
import { InputError, openDataset } from "../../src/data/index.ts";
import { adamMoments } from "../../src/engine/adam.ts";
import { compile } from "../../src/engine/index.ts";
import { designFor, samplingFloor, sketchDataset } from "../../src/sketch/index.ts";
import { denseProduct, type ProductFactors } from "../../src/sketch/product.ts";
import { kept, loadGenerator, saveGenerator } from "./folders.ts";

const test = suite("generator training");

const ring = await openDataset("ring");
const design = await designFor(ring, {
  families: [
    { kind: "fourier" as const, draw: "product" as const, m: 100, seed: 1 },
    { kind: "second-moments" as const },
  ],
});
const sketchOf = (count: number) => sketchDataset(ring, design, { range: { from: 0, to: count } });
const sketch = await sketchOf(5000);
/** The same points at frequencies drawn one by one. */
const independent = async () => {
  const fourier = { kind: "fourier", draw: "independent", m: 100 } as const;
  return sketchDataset(ring, await designFor(ring, { families: [fourier, { kind: "second-moments" }] }), {
    range: { from: 0, to: 5000 },
  });
};
const toy = { latent: 4, hidden: [20, 20], batch: 100, steps: 40, learningRate: 0.02, seed: 3, validateEvery: 10 };

const scratch = async (body: (folder: string) => Promise<void>) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

test("frequencies are held out by the seed: the two parts are the whole, and share nothing", async () => {
  const target = await targetOf(await independent());
  const { training, held } = holdOut(target, { validation: 0.1, seed: 1 });
  assert.equal([training.cos.size, held!.cos.size], [90, 10]);
  const columns = (of: Target) => {
    const { data, shape } = of.frequencies as NdArray<Float32Array>;
    const [k, m] = shape as [number, number];
    const entry = (j: number) => [...Array(k).keys()].map((i) => data[i * m + j]);
    return Array.from({ length: m }, (_, j) => [...entry(j), of.cos.data[j], of.sin.data[j]].join(" "));
  };
  assert.equal([...columns(training), ...columns(held!)].sort(), columns(target).sort());
  assert.equal(columns(holdOut(target, { validation: 0.1, seed: 1 }).held!), columns(held!));
  assert.not.equal(columns(holdOut(target, { validation: 0.1, seed: 2 }).held!), columns(held!));
  assert.is(holdOut(target, { validation: 0, seed: 1 }).held, undefined);
});

test("of product frequencies the last rows are held out, and both parts have their own moments", async () => {
  const target = await targetOf(sketch);
  const { training, held } = holdOut(target, { validation: 0.1, seed: 1 });
  const { rows, columns } = target.frequencies as ProductFactors<NdArray<Float32Array>>;
  const [blocks, count] = rows.shape as [number, number];
  const unit = 2 * blocks * columns.shape[1]!;
  assert.equal([training.cos.size, held!.cos.size], [unit * (count - 1), 100 - unit * (count - 1)]);
  assert.equal([...training.cos.data, ...held!.cos.data], [...target.cos.data]);
  const dense = (of: Target) => {
    const { data, shape } = denseProduct(of.frequencies as ProductFactors<NdArray<Float32Array>>, of.cos.size);
    return Array.from({ length: shape[1]! }, (_, j) => [data[j], data[shape[1]! + j]].join());
  };
  assert.equal([...dense(training), ...dense(held!)], dense(target));
  assert.is(holdOut(target, { validation: 0, seed: 1 }).held, undefined);
});

test("a cut row of product frequencies is held out with a whole one, because alone it may have no pair a ± b", async () => {
  for (const m of [301, 310, 401]) {
    const families = [{ kind: "fourier", draw: "product", m, seed: 1 }, { kind: "second-moments" }] as const;
    const cut = await sketchDataset(ring, await designFor(ring, { families }), { range: { from: 0, to: 2000 } });
    const target = await targetOf(cut);
    const { rows, columns } = target.frequencies as ProductFactors<NdArray<Float32Array>>;
    const unit = 2 * rows.shape[0]! * columns.shape[1]!;
    assert.ok(m % unit > 0, `${m} is cut`);
    const { held } = holdOut(target, { validation: 0.01, seed: 1 });
    assert.is(held!.cos.size, unit + (m % unit));
    const { validation } = await trainGenerator(cut, { ...toy, steps: 2, validateEvery: 1, validation: 0.01 });
    assert.ok(
      validation.length > 0 && validation.every(({ loss }) => Number.isFinite(loss)),
      `${m}: losses are finite`,
    );
  }
});

test("a curve is settled a standard error below the floor, or after `patience` steps without a new lowest loss", () => {
  const curve = (...losses: number[]) => losses.map((loss, i) => ({ step: 10 * (i + 1), loss, error: 0.5 }));
  assert.is(isSettled([], 1, 10), false);
  assert.is(isSettled(curve(4, 0.9), 1, 1000), false); // below the floor, but not by its error
  assert.is(isSettled(curve(4, 0.5), 1, 1000), true);
  assert.is(isSettled(curve(4, 3, 3.5), 1, 20), false);
  assert.is(isSettled(curve(4, 3, 3.5, 3.2), 1, 20), true);
  assert.equal([isBest(curve(4, 3)), isBest(curve(4, 3, 3.1))], [true, false]);
});

test("training ends as converged at the sampling floor, and keeps the weights of the best validation", async () => {
  const small = await sketchOf(100);
  const trained = await trainGenerator(small, { ...toy, hidden: [40, 40], batch: 500, steps: 2000 });
  assert.is(trained.code, "converged");
  const last = trained.validation.at(-1)!;
  assert.ok(last.loss + last.error <= samplingFloor(small));
  assert.equal([trained.kept, trained.history.length], [last.step, last.step]);
});

test("without progress training ends after `patience` steps, with the weights that were best", async () => {
  const options: TrainOptions = { ...toy, learningRate: 1, schedule: "constant", steps: 400, patience: 50 };
  const { code, kept, validation, history, model } = await trainGenerator(sketch, options);
  assert.is(code, "converged");
  const lowest = validation.reduce((a, b) => (b.loss < a.loss ? b : a));
  assert.is(kept, lowest.step);
  assert.is(history.length, lowest.step + 50);
  // the same seed trained up to the kept step only; its schedule is constant, so it takes the same steps
  const again = await trainGenerator(sketch, { ...options, steps: kept, validation: 0.1, patience: 500 });
  for (const [i, w] of model.weights.entries()) assert.equal(w.data, again.model.weights[i]!.data);
});

test("the validation curve is saved; a prior from before there was one is read", async () => {
  await scratch(async (folder) => {
    const trained = await trainGenerator(sketch, toy);
    assert.equal(
      trained.validation.map(({ step }) => step),
      [10, 20, 30, 40],
    );
    await saveGenerator(folder, trained);
    const loaded = await loadGenerator(folder);
    assert.equal([loaded.validation, loaded.kept], [trained.validation, trained.kept]);
    const file = path.join(folder, "prior.json");
    const { validation, kept, settings, ...older } = JSON.parse(await readFile(file, "utf8"));
    const { validation: _, validateEvery, patience, ...olderSettings } = settings;
    assert.equal([validateEvery, patience], [10, 500]);
    await writeFile(file, JSON.stringify({ ...older, settings: olderSettings }));
    const old = await loadGenerator(folder);
    assert.equal([old.validation, old.kept, old.settings.validation], [[], 40, 0]);
  });
});

test("a validation loss is called still falling only where there are two of them", async () => {
  const wordsAfter = async (steps: number) => {
    const trained = await trainGenerator(await independent(), { ...toy, hidden: [40, 40], steps });
    assert.is(trained.kept, steps);
    return factsOf({ kind: "generator", trained }).words.validation!;
  };
  assert.match(await wordsAfter(2), /after step 2, whose weights are kept$/);
  assert.match(await wordsAfter(40), /after step 40, whose weights are kept; still falling at the end$/);
});

test("a loss that stops being finite ends as non-finite with finite weights", async () => {
  // 1e30: the next loss overflows; 1e41: the weights of the only step do, which no next loss would tell
  for (const wild of [
    { learningRate: 1e30, steps: 5 },
    { learningRate: 1e41, steps: 1 },
  ]) {
    const { code, model, history } = await trainGenerator(sketch, { ...toy, ...wild });
    assert.is(code, "non-finite");
    assert.ok(history.length < wild.steps);
    for (const { data } of model.weights) assert.ok(data.every(Number.isFinite));
  }
});

test("mini-batches of frequencies are subsets without repetition, others at every step; all of them is the full loss", async () => {
  const settings = { ...toy, frequencyBatch: 20 } as unknown as TrainSettings;
  const { training } = holdOut(await targetOf(await independent()), { validation: 0.1, seed: 1 });
  const [first, second] = [0, 1].map((index) => [...pickUnits(training, settings, index)[0]!.data]);
  assert.is(new Set(first).size, 20);
  assert.ok(first!.every((j) => j >= 0 && j < 90));
  assert.not.equal(first, second);
  const [all, picked] = [
    await trainGenerator(sketch, toy),
    await trainGenerator(sketch, { ...toy, frequencyBatch: 90 }),
  ];
  // the same sums in a graph with another order of operations: float32 rounding, grown over 40 steps
  for (const [i, loss] of all.history.entries()) assert.ok(Math.abs(loss - picked.history[i]!) < 1e-4);
  // few frequencies a step train for all: the ones held out see it
  const some = await trainGenerator(sketch, { ...toy, frequencyBatch: 20, steps: 500, batch: 200 });
  assert.not.equal(some.history.slice(0, 40), all.history);
  const losses = some.validation.map(({ loss }) => loss);
  assert.ok(losses.at(-1)! < losses[0]! / 3, `loss from ${losses[0]} to ${losses.at(-1)}`);
});

test("the paper's loss starts above the unbiased one by its bias (1 − ‖A(P)‖²)/batch", async () => {
  const [unbiased, paper] = await Promise.all(
    (["unbiased", "paper"] as const).map((loss) => trainGenerator(sketch, { ...toy, loss, steps: 1 })),
  );
  const bias = paper!.history[0]! - unbiased!.history[0]!; // of the same latents
  assert.ok(bias > 0 && bias < 1.1 / toy.batch);
  assert.is(paper!.settings.loss, "paper");
});

/** Trains with a checkpoint in `file`; aborted after a step where one is given. */
const resumable = (
  file: string,
  { resume = false, ...options }: TrainOptions & { resume?: boolean } = {},
  abortAt = Number.POSITIVE_INFINITY,
) => {
  const controller = new AbortController();
  const onProgress = ({ step }: { step: number }) => {
    if (step >= abortAt) controller.abort();
  };
  return trainGenerator(sketch, {
    ...{ ...toy, onProgress, signal: controller.signal, ...kept(file, resume, 15) },
    ...options,
  });
};

test("a resumed training equals the uninterrupted one to the last bit, however often it was interrupted", async () => {
  await scratch(async (folder) => {
    const file = path.join(folder, "new", "checkpoint.npz");
    const whole = await trainGenerator(sketch, toy);
    assert.is((await resumable(file, {}, 17)).code, "cancelled");
    // a call that is cancelled in its middle goes on to its end: to the next validation or checkpoint at most
    const { code, history } = await resumable(file, { resume: true }, 21);
    assert.is(code, "cancelled");
    assert.ok(history.length >= 21 && history.length <= 30, `${history.length}`);
    const resumed = await resumable(file, { resume: true });
    assert.equal([resumed.history, resumed.validation], [whole.history, whole.validation]);
    assert.equal([resumed.kept, resumed.code], [whole.kept, whole.code]);
    for (const [i, w] of whole.model.weights.entries()) assert.equal(resumed.model.weights[i]!.data, w.data);
    // a kill leaves the checkpoint of the last multiple of `every`: here the one of step 30, which the file still has
    const again = await resumable(file, { resume: true });
    assert.equal(again.history, whole.history);
  });
});

test("latents have mean 0, variance 1, kurtosis 3 and no correlation (5 standard errors), others at every step", async () => {
  const of = { batch: 20_001, latent: 3, seed: 4 } as TrainSettings;
  const uniform = latentsOf(of, 7);
  assert.not.equal(uniform.data, latentsOf(of, 8).data);
  const compiled = await compile((u: tf.Tensor) => normalLatents(u, of), uniform);
  const { data: z, shape } = await compiled.run(uniform);
  await compiled.dispose();
  assert.equal(shape, [20_001, 3]);
  const near = (f: (v: number, at: number) => number, want: number, deviation: number) => {
    const mean = z.reduce((sum, v, at) => sum + f(v, at), 0) / z.length;
    assert.ok(Math.abs(mean - want) < (5 * deviation) / Math.sqrt(z.length), `${mean} for ${want}`);
  };
  near((v) => v, 0, 1);
  near((v) => v ** 2, 1, Math.SQRT2);
  near((v) => v ** 4, 3, Math.sqrt(96));
  const half = Math.ceil(z.length / 2); // the partner of a number, with the same radius
  for (const lag of [1, 3, half]) near((v, at) => v * (z[at + lag] ?? 0), 0, 1);
});

test("steps are the same to the last bit, however they are divided into calls", async () => {
  const setup = await setUp(sketch, { ...toy, frequencyBatch: 20 });
  const start = { weights: setup.weights, moments: adamMoments(setup.weights) };
  const steps = await stepper(setup);
  /** The first twelve steps, in calls of at most this many. */
  const twelve = async (most: number) => {
    let state: AdamState = start;
    const losses: number[] = [];
    while (losses.length < 12) {
      const taken = await steps.run(state, losses.length, Math.min(most, 12 - losses.length));
      losses.push(...taken.losses);
      state = taken;
    }
    const { weights, moments } = state;
    return { losses, arrays: [...weights, ...moments.first, ...moments.second].map(({ data }) => data) };
  };
  const [alone, all] = [await twelve(1), await twelve(50)];
  assert.equal(all, alone);
  assert.is(new Set(all.losses).size, 12);
  await steps.dispose();
});

test("a checkpoint of another training is refused by the name of what differs", async () => {
  await scratch(async (folder) => {
    const file = path.join(folder, "checkpoint.npz");
    await resumable(file, {}, 3);
    const refused = async (of: Promise<unknown>, message: RegExp) => {
      const error = await of.then(
        () => undefined,
        (e: unknown) => e,
      );
      assert.instance(error, InputError);
      assert.match((error as Error).message, message);
    };
    await refused(
      resumable(file, { resume: true, learningRate: 0.01, steps: 50 }),
      /checkpoint\.npz: belongs to other settings \(steps: 40 and 50; learningRate: 0\.02 and 0\.01\); repeat that training/,
    );
    const other = { ...toy, ...kept(file, true) };
    await refused(
      trainGenerator(await sketchOf(4000), other),
      /belongs to another sketch \(count: 5000 and 4000; sums: /,
    );
    await writeFile(file, (await readFile(file)).subarray(0, 300));
    await refused(resumable(file, { resume: true }), /checkpoint\.npz: file is truncated or damaged/);
  });
});

test.run();
