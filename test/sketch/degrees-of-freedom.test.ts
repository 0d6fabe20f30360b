import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { degreesOfFreedom } from "../../src/sketch/degrees-of-freedom.ts";
import { designFor, type FourierSpec, makeDesign } from "../../src/sketch/index.ts";
import { refuses } from "../data/tiny.ts";

const test = suite("degrees of freedom");
const random = stream(1, "degrees of freedom");
const omega = ndarray(random.fillNormal(new Float32Array(2 * 300)), [2, 300]);

/** `count` points of the plane, around one of `places` far from each other each. */
function around(places: number, spread: number, count = 60) {
  const data = random.fillNormal(new Float32Array(2 * count)).map((v) => spread * v);
  for (let i = 0; i < count; i++) data[2 * i]! += 40 * (i % places);
  return ndarray(data, [count, 2]);
}

test("points at q places have q − 1 degrees of freedom", async () => {
  for (const q of [2, 3, 5]) {
    const found = await degreesOfFreedom(around(q, 0), omega, 1e-4);
    assert.ok(Math.abs(found - (q - 1)) < 0.02, `${q} places: ${found}`);
  }
});

test("frequencies auto: eight for each degree of freedom of the pilot, more for a richer law, the same again", async () => {
  const specOf = async (places: number, spread: number, draw: FourierSpec["draw"] = "independent") => {
    const pilot = around(places, spread);
    const fourier = { kind: "fourier", m: "auto", scales: [1], draw } as const;
    const { families } = await makeDesign({ shape: [2], families: [fourier], pilot });
    return families[0] as FourierSpec;
  };
  const [poor, rich] = [await specOf(2, 0), await specOf(5, 1)];
  assert.equal([poor.freedom, poor.m], [1, 8]);
  assert.is(rich.m, 8 * rich.freedom!);
  assert.ok(rich.m > 10 * poor.m, `${rich.m}`);
  assert.is((await specOf(2, 0, "product")).m, poor.m);
  const families = [{ kind: "fourier", m: "auto", scales: [1] }] as const;
  await refuses(
    () => makeDesign({ shape: [2], families }),
    /^design: frequencies auto needs a pilot; give the first rows of the data$/,
  );
});

test("frequencies auto of samples that are all equal are refused", async () => {
  const one = arrayDataset("one", ndarray(Float32Array.of(1, 2), [1, 2]));
  await designFor(one, { families: [{ kind: "fourier", m: "auto", scales: [1] }] }).then(
    () => assert.unreachable(),
    (error: Error) =>
      assert.is(
        error.message,
        "sketch: frequencies auto: all samples of the pilot are equal, no number follows; give one",
      ),
  );
});

test.run();
