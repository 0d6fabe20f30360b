import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy } from "../../src/data/npy.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { uniformSignals } from "./signals.ts";
import { ok, refused, run, scratch } from "./spawn.ts";

const test = suite("reconstruct --shard");
process.chdir(scratch());
writeFileSync("data.npy", encodeNpy(uniformSignals(5)));
const bytes = (file: string) => readFileSync(file);

/** One thread: products on several are cut by their number, and sums may differ in their last bits from run to run. */
const TV = "reconstruct y.npz --prior tv --lambda auto --solver primal-dual:steps=40 --batch 2 --threads 1";

test("parts, merged in any order, have the bytes of one process that recovers the same batches", async () => {
  await ok("measure data.npy --operator gaussian:m=20 --noise 0.05 -o y.npz");
  await ok("sketch data.npy --frequencies 4 --features raw -o X.npz");
  // λ by the measurements themselves; then draws of a posterior, with deviations
  for (const [name, words] of [
    ["tv", TV],
    ["gaussian", "reconstruct y.npz --prior gaussian:X.npz --deviation --samples 2 --batch 2 --threads 1"],
  ]) {
    const { file: _, outcome } = await ok(`${words} -o ${name}.npz`);
    const shares = [1, 2, 3].map((i) => `${name}-${i}.npz`);
    for (const [i, file] of shares.entries()) await ok(`${words} --shard ${i + 1}/3 -o ${file}`);
    const merged = await ok(`merge ${shares[2]} ${shares[0]} ${shares[1]} -o ${name}-merged.npz`);
    assert.equal([merged.count, merged.outcome], [5, outcome]);
    assert.ok(bytes(`${name}-merged.npz`).equals(bytes(`${name}.npz`)), name);
  }
  const { arrays } = await readNpz("gaussian-merged.npz");
  assert.equal(arrays.samples!.shape, [5, 2, 6, 6]);
  const { lambda } = (await readNpz("tv.npz")).metadata!.facts as { lambda: string };
  assert.is(lambda.split(" ").length, 5); // of every signal, as batches differ
  assert.is(existsSync("gaussian-1.png"), false);
});

test("a part is the same bytes whenever it is made, and says which signals it holds", async () => {
  const before = bytes("tv-2.npz");
  assert.is((await run(`${TV} --shard 2/3 -o tv-2.npz --force --resume`)).code, 0);
  assert.ok(bytes("tv-2.npz").equals(before));
  const { stdout } = await run("inspect tv-2.npz");
  assert.match(stdout, /^signals +2 of 6×6, a part: 2 to 3 of 5$/m);
  assert.equal((await ok("inspect tv-2.npz")).part, { signals: 5, from: 2, to: 4 });
});

test("what is not all parts of one recovery, once each, is refused by name", async () => {
  await ok(`${TV.replace("auto", "0.1")} --shard 3/3 -o other-3.npz`);
  await ok(`${TV} --shard 1/2 -o half-1.npz`);
  writeFileSync("cut.npz", bytes("tv-2.npz").subarray(0, 400));
  for (const [files, message] of [
    ["tv-1.npz tv-3.npz", /^error: merge: no part holds signals 2 to 3 of 5; add what is missing\n$/],
    ["tv-1.npz tv-2.npz", /^error: merge: no part holds signals 4 to 4 of 5; add what is missing\n$/],
    [
      "tv-1.npz tv-2.npz tv-1.npz tv-3.npz",
      /^error: merge: tv-1\.npz and tv-1\.npz both hold signal 0; leave one out\n$/,
    ],
    [
      "tv-2.npz half-1.npz tv-3.npz tv-1.npz",
      /^error: merge: (half-1|tv-1)\.npz and .* both hold signal 0; leave one out\n$/,
    ],
    [
      "tv-1.npz tv-2.npz other-3.npz",
      /^error: merge: tv-1\.npz and other-3\.npz are of different recoveries \(lambda: "auto" and "0\.1"; method: .*\)\n$/,
    ],
    [
      "tv-1.npz tv.npz",
      /^error: merge: tv\.npz is a whole reconstruction, expected parts, which reconstruct --shard writes\n$/,
    ],
    ["tv-1.npz cut.npz tv-3.npz", /^error: cut\.npz: /],
    ["tv-1.npz X.npz", /^error: X\.npz: is not a sketchprior-reconstruction file, it is sketchprior-sketch\n$/],
    ["tv-1.npz tv-2.npz --partial", /^error: --partial: is for sketches; a reconstruction needs all its parts\n$/],
  ] as const) {
    await refused(`merge ${files} -o no.npz`, message);
  }
  for (const [more, message] of [
    ["--shard 4/3 -o no.npz", /^error: --shard: expected i\/n with 1 ≤ i ≤ n, got "4\/3"\n$/],
    [
      "--shard 1/4 -o no.npz",
      /^error: --shard: 5 signals are 3 batches of 2 that are recovered together: at most 3 parts; give fewer, or --batch 1 or less\n$/,
    ],
    ["--shard 1/3 -o no.png", /^error: no\.png: a part is a \.npz; name it so\n$/],
  ] as const) {
    await refused(`${TV} ${more}`, message);
  }
  await refused(
    `${TV.replace("--batch 2", "--batch 0")} -o no.npz`,
    /^error: --batch: expected an integer of at least 1/,
  );
});

test.run();
