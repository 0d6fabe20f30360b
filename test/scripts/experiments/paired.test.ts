import { suite } from "uvu";
import * as assert from "uvu/assert";
import { paired } from "../../../scripts/experiments/blind/paired.ts";

const test = suite("experiment blind: paired PSNR");

test("the mean difference, where the first is ahead, and p", () => {
  const of = (name: string, ...each: number[]) => ({ name, each: each.map((psnr) => ({ psnr })) });
  const { text, data } = paired(of("one", 21, 23, 24, 28), of("other", 20, 20, 22, 30));
  assert.is(text, "one: 1.00 dB above other, ahead on 3 of 4, p = 0.50");
  assert.is(data.ahead, 3);
  assert.is(paired(of("one", 2, 3, 4, 5, 6), of("other", 1, 1, 1, 1, 1)).data.p, 2 / 32); // all ahead: two of the 2⁵ signs are as far out
});

test.run();
