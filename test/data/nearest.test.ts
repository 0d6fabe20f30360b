import { suite } from "uvu";
import * as assert from "uvu/assert";
import { editDistance, nearest, suggestion } from "../../src/data/nearest.ts";

const test = suite("nearest name");
const names = ["gaussian", "mask", "blur"];

test("edits are counted, a swap of neighbours as one", () => {
  assert.is(editDistance("", "abc"), 3);
  assert.is(editDistance("kitten", "sitting"), 3);
  assert.is(editDistance("mnits", "mnist"), 1);
  assert.is(editDistance("blur", "blur"), 0);
});

test("a misspelt name finds its own, in any case; a strange one finds none", () => {
  assert.is(nearest("gausian", names), "gaussian");
  assert.is(nearest("BLURR", names), "blur");
  assert.is(nearest("radon", names), undefined);
});

test("the suggestion lists what there is", () => {
  assert.is(suggestion("gausian", names), "did you mean gaussian? (gaussian, mask, blur)");
  assert.is(suggestion("radon", names), "expected one of gaussian, mask, blur");
});

test.run();
