import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requireLinear } from "../../../operators/operator.ts";
import { parseOperator } from "../../../operators/registry.ts";
import { amplitudeFlow } from "../../../scripts/experiments/simple/amplitude-flow.ts";
import { backProjection, binaryThresholding } from "../../../scripts/experiments/simple/binary-iht.ts";
import { fromHost } from "../../../src/data/array.ts";
import { measure } from "../../../src/measure/index.ts";

const test = suite("simple methods for measurements that are not linear");

const shape = [4, 4];
/** Two images of 16 pixels, four of which are lit. */
const truth = fromHost(
  Float32Array.from({ length: 32 }, (_, i) => ([1, 6, 11, 12, 17, 20, 26, 31].includes(i) ? 0.4 + (i % 4) / 5 : 0)),
  [2, ...shape],
);

async function measured(kind: string, m: number) {
  const { y } = await measure(truth, parseOperator(`${kind}*gaussian:m=${m}`, shape, 1), { noise: 0, seed: 1 });
  return { y, a: requireLinear("test", parseOperator(`gaussian:m=${m}`, shape, 1)) };
}

/** 1 − cos of the angle between each image and its estimate, the largest. */
function apart(found: ArrayLike<number>): number {
  const angle = (from: number) => {
    let [both, own, other] = [0, 0, 0];
    for (let p = from; p < from + 16; p++) {
      both += found[p]! * truth.data[p]!;
      own += found[p]! ** 2;
      other += truth.data[p]! ** 2;
    }
    return 1 - both / Math.sqrt(own * other);
  };
  return Math.max(angle(0), angle(16));
}

test("amplitude flow recovers images from ten moduli a pixel", async () => {
  const { a, y } = await measured("magnitude", 160);
  const { data } = await amplitudeFlow(a, y);
  const worst = Math.max(...data.map((v, i) => Math.abs(v - truth.data[i]!)));
  assert.ok(worst < 1e-3, `${worst}`); // float32, 500 steps
});

test("binary thresholding finds the direction from signs, and the back-projection roughly", async () => {
  const { a, y } = await measured("sign", 800);
  const [rough, fine] = [apart((await backProjection(a, y)).data), apart((await binaryThresholding(a, y, 4)).data)];
  assert.ok(fine < 0.002, `${fine}`); // 800 signs leave angles of about 4/800 between neighbours of 4 numbers
  assert.ok(rough < 0.05 && rough > fine, `${rough}`); // it errs by √(n/m) ≈ 0.14 of its length: 1 − cos ≈ 0.01
});

test.run();
