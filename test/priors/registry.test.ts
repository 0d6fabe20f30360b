import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parsePenalty, penaltyNames } from "../../priors/registry.ts";
import { refuses } from "../data/tiny.ts";

const registry = suite("penalty specs");

registry("a spec gives the penalty, and its name says the options", () => {
  assert.is(parsePenalty("wavelet", [8, 8]).name, "wavelet");
  assert.is(parsePenalty(" wavelet : levels = 1 ", [8, 8]).name, "wavelet(levels=1)");
});

registry("unknown names and options, and shapes that do not fit, are refused in one line", async () => {
  const known = penaltyNames.join(", ");
  await refuses(() => parsePenalty("tikonov", [4, 4]), new RegExp(`^penalty: unknown penalty "tikonov"; .*${known}`));
  await refuses(() => parsePenalty("toString", [4, 4]), /unknown penalty "toString"/);
  await refuses(() => parsePenalty("dct:level=2", [4, 4]), /^dct: unknown option "level"; it has none$/);
  await refuses(
    () => parsePenalty("wavelet:level=2", [4, 4]),
    /^wavelet: unknown option "level"; did you mean levels\?/,
  );
  await refuses(() => parsePenalty("wavelet:wavelet=db9", [4, 4]), /^wavelet: wavelet: expected haar or db2 or /);
  await refuses(() => parsePenalty("wavelet", [5, 5]), /^wavelet: needs even sides/);
});

registry.run();
