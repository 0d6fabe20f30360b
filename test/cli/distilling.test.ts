import { writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distilledNames } from "../../priors/distilled/index.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { stream } from "../../src/data/random.ts";
import { filesIn, ok, run, scratch } from "./spawn.ts";

const test = suite("train --kind");
process.chdir(scratch());
const pixels = stream(1, "images").fillNormal(new Float32Array(200 * 16));
writeFileSync("images.npy", encodeNpy(ndarray(pixels, [200, 4, 4])));
await ok("sketch images.npy -o X.npz --sketch-size 1k");
const SMALL = "--latent 3 --hidden 8 --steps 5";

for (const kind of distilledNames) {
  test(`${kind}: a prior that inspect, sample and compare take`, async () => {
    const trained = await ok(`train X.npz -o ${kind} --kind ${kind} ${SMALL}`);
    assert.is(`${trained.kind} ${trained.latent} ${trained.steps} ${trained.code}`, `${kind} 3 5 max-steps`);
    assert.equal(filesIn(kind), ["generator.onnx", "prior.json", "weights.npz"]);
    const { weights, conditions } = await ok(`inspect ${kind}`);
    assert.ok(weights > 0 && conditions > 0);
    await ok(`sample ${kind} -n 4 -o ${kind}.png`);
    const measured = "--operator gaussian:m=6 --tune-count 0 --baselines none";
    const compared = await ok(`compare images.npy --prior ${kind} --limit 3 ${measured} -o report-${kind}`);
    assert.match(JSON.stringify(compared), new RegExp(`"${kind}"`));
  });
}

test("options of other kinds are refused, and a sketch without cells", async () => {
  const fails = async (line: string, message: RegExp) => {
    const { code, stderr } = await run(line);
    assert.is(code, 1);
    assert.match(stderr, message);
  };
  await fails(
    "train X.npz -o no --kind vae --method gan",
    /error: --method: the kind vae has no method; give --kind generator/,
  );
  await fails("train X.npz -o no --kind mixture --steps 3", /error: --steps: the kind mixture has no steps/);
  await fails("train X.npz -o no --kind cell-mlp --latent 1000", /latent: expected an integer from 1 to \d+/);
  await ok("sketch images.npy -o F.npz --frequencies 16 --scale 1");
  await fails("train F.npz -o no --kind cell-linear", /error: .*local moments/);
});

test.run();
