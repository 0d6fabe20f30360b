import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { accuracy, type Labelled, trainClassifier } from "../../../scripts/experiments/classify/cnn.ts";
import { stream } from "../../../src/data/random.ts";

const test = suite("the classifier of the labels experiment");

/** 8×8 images of noise with a bright row (label 0) or column (label 1) at a random place. */
function lines(count: number, seed: number): Labelled {
  const random = stream(seed, "lines");
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const signals = random.fillNormal(new Float32Array(count * 64)).map((v) => 0.3 * v);
  for (let i = 0; i < count; i++) {
    const at = random.integer(8);
    for (let k = 0; k < 8; k++) signals[64 * i + (labels[i] === 0 ? 8 * at + k : 8 * k + at)]! += 1;
  }
  return { signals: ndarray(signals, [count, 8, 8]), labels: ndarray(labels, [count]) };
}

test("it tells rows from columns at places and of noise that it has not seen, and guesses where labels say nothing", async () => {
  const options = { classes: 2, epochs: 6, seed: 1 };
  const [learnt, unseen] = [lines(1000, 1), lines(500, 2)];
  const found = await accuracy(await trainClassifier(learnt, options), unseen);
  assert.ok(found > 0.97, `${found}`);
  const random = stream(3, "guesses");
  const guesses = {
    ...learnt,
    labels: ndarray(
      Int32Array.from({ length: 1000 }, () => random.integer(2)),
      [1000],
    ),
  };
  const guessed = await accuracy(await trainClassifier(guesses, { ...options, epochs: 1 }), unseen);
  assert.ok(guessed > 0.3 && guessed < 0.7, `${guessed}`); // 500 images: a deviation of .022, and what chance has taught it
});

test.run();
