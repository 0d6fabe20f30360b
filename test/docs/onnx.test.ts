import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ofShapes, operators } from "../../src/engine/onnx-import/operators/index.ts";

const test = suite("docs/onnx.md");
const page = readFileSync(new URL("../../docs/onnx.md", import.meta.url), "utf8");

test("the page lists every operator that can be read, and no other", () => {
  const list = page.slice(page.indexOf("- element by element:"), page.indexOf("Shapes must not depend"));
  const named = list.match(/\b[A-Z]\w+\b/g)!.filter((word) => word !== "Shapes");
  assert.equal([...new Set(named)].sort(), [...Object.keys(operators), ...Object.keys(ofShapes)].sort());
});

test.run();
