import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy, encodeNpz, type NpyArray } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { loadSketch } from "../../src/sketch/files.ts";
import type { FourierSpec } from "../../src/sketch/index.ts";
import { decoded } from "../report/decoded.ts";
import { helpOf, ok, program, refused, run, scratch } from "./spawn.ts";

const test = suite("commands on sketches");
const folder = scratch();
process.chdir(folder);

const rows = stream(1, "rows").fillNormal(new Float32Array(120));
const bytes = (data: Float32Array, shape: number[]) => encodeNpy(ndarray(data, shape));
const npz = (arrays: Record<string, NpyArray>) => encodeNpz({ arrays, metadata: undefined });
writeFileSync("data.npy", bytes(rows, [60, 2]));
writeFileSync("a.npy", bytes(rows.slice(0, 50), [25, 2]));
writeFileSync("b.csv", Array.from({ length: 35 }, (_, i) => rows.slice(50 + 2 * i, 52 + 2 * i).join(",")).join("\n"));
writeFileSync("raw.f32", Buffer.from(rows.buffer));
const labels = ndarray(
  Uint8Array.from({ length: 60 }, (_, i) => i % 3),
  [60],
);
writeFileSync("labelled.npz", npz({ data: ndarray(rows, [60, 2]), labels }));

const SMALL = "--frequencies 32 --scale 1,2";

test("the same samples from one file, several files, raw numbers and standard input give the same sketch", async () => {
  await ok(`sketch data.npy -o X.npz ${SMALL}`);
  const { sums } = await loadSketch("X.npz");
  await ok(`sketch a.npy b.csv -o Y.npz ${SMALL}`);
  await ok(`sketch raw.f32 --shape 2 -o Z.npz ${SMALL}`);
  const words = [...program, "sketch", "-", "-o", "S.npz", ...SMALL.split(" ")];
  const piped = spawnSync(process.execPath, words, { cwd: folder, input: readFileSync("data.npy") });
  assert.equal([piped.status, String(piped.stderr)], [0, ""]);
  for (const file of ["Y.npz", "Z.npz", "S.npz"]) assert.equal((await loadSketch(file)).sums, sums, file);
});

test("--frequencies auto: a number from the pilot, which inspect explains; other words are refused", async () => {
  await ok("sketch data.npy -o auto.npz --frequencies auto --scale 1");
  const spec = (await loadSketch("auto.npz")).design.families[0] as FourierSpec & { freedom: number };
  assert.is(spec.m, 8 * spec.freedom);
  assert.ok(spec.freedom > 5 && spec.freedom < 60, `${spec.freedom}`);
  const said = (await run("inspect auto.npz")).stdout;
  assert.ok(said.includes(`${spec.m} independent frequencies`), said);
  assert.match(said, /auto: 8 times the pilot's \d+ degrees of freedom/);
  await refused(
    "sketch data.npy -o never.npz --frequencies many",
    /^error: --frequencies: expected an integer of at least 1, or auto, got many$/m,
  );
});

test("--seed changes the cells of --sketch-size as it changes frequencies", async () => {
  const design = async (line: string) => (await ok(`design labelled.npz ${line} -o seeded.npz --force`)).fingerprint;
  for (const options of ["--sketch-size 1k", SMALL]) {
    const [one, again, two] = [
      await design(options),
      await design(`${options} --seed 1`),
      await design(`${options} --seed 2`),
    ];
    assert.is(again, one, options);
    assert.is.not(two, one, options);
  }
  const help = (await helpOf("sketch")).replace(/\s+/g, " ");
  assert.match(help, /--seed draws the frequencies, and with --sketch-size the first centres of the cells/);
});

test("with --limit the design knows the first samples only; all shards have one design", async () => {
  writeFileSync("first.npy", bytes(rows.slice(0, 40), [20, 2]));
  writeFileSync(
    "firstL.npz",
    npz({ data: ndarray(rows.slice(0, 4), [2, 2]), labels: ndarray(Uint8Array.of(0, 1), [2]) }),
  );
  const options = "--frequencies 32 --scale auto";
  const alone = await ok(`sketch first.npy -o first.npz ${options}`);
  const limited = await ok(`sketch data.npy -o limited.npz --limit 20 ${options}`);
  assert.equal([limited.fingerprint, limited.count], [alone.fingerprint, 20]);
  const labelled = await ok(`sketch labelled.npz --by-label --limit 2 -o limitedL.npz ${SMALL}`);
  assert.is(labelled.fingerprint, (await ok(`sketch firstL.npz --by-label -o firstLL.npz ${SMALL}`)).fingerprint);
  const shard = `--limit 40 --block 8 ${options}`;
  for (const i of [1, 2, 3]) await ok(`sketch data.npy -o shard${i}.npz --shard ${i}/3 ${shard}`);
  await ok(`sketch data.npy -o both.npz ${shard}`);
  await ok("merge shard2.npz shard1.npz shard3.npz -o merged.npz");
  assert.equal(readFileSync("merged.npz"), readFileSync("both.npz"));
});

test("subtract takes a part out again; what cannot be taken out is refused", async () => {
  await ok(`design data.npy -o D.npz --block 20 ${SMALL}`);
  for (const i of [1, 2, 3]) await ok(`sketch data.npy --design D.npz --shard ${i}/3 -o P${i}.npz`);
  await ok("merge P1.npz P2.npz P3.npz -o all.npz");
  assert.is((await ok("subtract all.npz P1.npz P3.npz -o left.npz")).count, 20);
  assert.equal(readFileSync("left.npz"), readFileSync("P2.npz"));
  await refused(
    "subtract left.npz P1.npz -o no.npz",
    /^error: subtract: P1\.npz is no part of left\.npz: the whole does not hold rows 0 to 20 of data\.npy; subtract only/,
  );
  await refused(
    "subtract P1.npz all.npz -o no.npz",
    /^error: subtract: all\.npz is no part of P1\.npz: the whole does not hold rows 0 to 60 of data\.npy; subtract/,
  );
  await ok("sketch data.npy -o other.npz --block 20 --frequencies 16 --scale 1,2");
  await refused(
    "subtract all.npz other.npz -o no.npz",
    /^error: subtract: all\.npz and other\.npz are of different designs \(fourier\.m: 32 and 16\); one is no part/,
  );
});

test("merge refuses by name what counts twice, what is missing and what is of other data, unless --force", async () => {
  const changed = rows.slice();
  changed[3]! += 1;
  writeFileSync("other.npy", bytes(changed, [60, 2]));
  writeFileSync("copy.npy", bytes(rows, [60, 2]));
  spawnSync("mkdir", ["-p", "changed"]);
  writeFileSync("changed/data.npy", bytes(changed, [60, 2]));
  const part = (name: string, of: string, i: number) =>
    ok(`sketch ${of} --design D.npz --shard ${i}/3 -o ${name}.npz --force`);
  for (const i of [1, 2, 3]) await part(`P${i}`, "data.npy", i);
  await part("copy1", "copy.npy", 1);
  await part("other2", "other.npy", 2);
  await part("changed1", "changed/data.npy", 1);
  for (const [line, message] of [
    [
      "P1.npz P2.npz P1.npz",
      /^error: merge: P1\.npz and P1\.npz both hold rows 0 to 20 of data\.npy, which would count twice; leave one out, or give --force\n$/,
    ],
    [
      "P1.npz P2.npz copy1.npz",
      /^error: merge: P1\.npz and copy1\.npz both hold the same rows \(data\.npy, copy\.npy\), which would/,
    ],
    [
      "P1.npz changed1.npz",
      /^error: merge: P1\.npz and changed1\.npz both hold rows 0 to 20 of data\.npy, with different numbers: they are of diff/,
    ],
    [
      "P3.npz P1.npz",
      /^error: merge: no part holds rows 20 to 40 of data\.npy; add what is missing, or give --partial/,
    ],
    [
      "P1.npz other2.npz P3.npz",
      /^error: merge: no part holds rows 20 to 40 of data\.npy; rows 0 to 20, rows 40 to 60 of other\.npy;/,
    ],
  ] as const) {
    await refused(`merge ${line} -o no.npz`, message);
    await ok(`merge ${line} -o forced.npz --force`);
  }
  await ok("merge P3.npz P1.npz -o some.npz --partial");
  await ok("merge some.npz P2.npz -o tree.npz");
  await ok("sketch data.npy --design D.npz -o uncut.npz");
  assert.equal(readFileSync("tree.npz"), readFileSync("uncut.npz"));
  await refused(
    "sketch data.npy --design D.npz --shard 1/4 -o no.npz",
    /^error: --shard: data\.npy has 60 samples, which are 3 blocks of 20 that are summed together: at most 3 parts; give fewer, or a design with --block 15 or less\n$/,
  );
  const cut = readFileSync("P2.npz");
  writeFileSync("cut.npz", cut.subarray(0, cut.length - 100));
  await refused("merge P1.npz cut.npz P3.npz -o no.npz", /^error: cut\.npz: file is truncated or damaged/);
  const { stdout } = await run("inspect some.npz");
  assert.match(stdout, /rows +0 to 20, 40 to 60 of data\.npy \(60\)\n/);
  assert.match(stdout, /made +sketchprior \d/);
});

test("--by-label sums every label apart, --draw changes the design", async () => {
  const { labels: classes, count } = await ok(`sketch labelled.npz --by-label -o L.npz ${SMALL}`);
  assert.equal([classes, count], [3, 60]);
  assert.equal([...(await loadSketch("L.npz")).sums["labels.count"]!], [20, 20, 20]);
  const { families } = await ok(`sketch data.npy --draw structured --law adapted-radius -o T.npz ${SMALL}`);
  assert.equal([families[0].law, families[0].draw], ["adapted-radius", "structured"]);
  assert.match((await run("inspect T.npz")).stdout, /32 structured frequencies, law adapted-radius/);
  assert.match((await run("inspect L.npz")).stdout, /labels +0 to 2, each summed apart/);
});

test("inspect says and draws whether the scales suit the data; the drawing holds every moment", async () => {
  await ok("sketch data.npy -o coarse.npz --frequencies 200 --scale 1000");
  const { code, stdout } = await run("inspect coarse.npz --plot coarse.html");
  assert.is(code, 0);
  assert.match(
    stdout,
    /scales +too coarse, use smaller scales \(100 % of the moments are nearly 1, 0 % are at the noise\)/,
  );
  assert.match(stdout, /plot +coarse\.html/);
  const page = readFileSync("coarse.html", "utf8");
  assert.match(page, /Scales: too coarse, use smaller scales/);
  assert.is(page.match(/h\.01/g)!.length, 200);
  assert.not.match(page, /NaN|undefined|Infinity|src=|<script/);
  await ok("inspect coarse.npz --plot coarse.png");
  const picture = await decoded(readFileSync("coarse.png"));
  assert.equal([picture.width, picture.height], [1280, 800]);
  await ok("sketch data.npy -o fine.npz --frequencies 200 --scale 0.000001"); // |ω| about 10⁶
  await ok("inspect fine.npz --plot fine.png");
  await ok("inspect fine.npz --plot fine.svg");
  assert.match(readFileSync("fine.svg", "utf8"), />2·10⁶<\/text>/);
  await refused(
    "inspect coarse.npz --plot x.pdf",
    /^error: --plot: expected a name that ends in \.html, \.png or \.svg, got "x\.pdf"\n$/,
  );
  await ok("sketch data.npy -o cells.npz --sketch-size 1k");
  await refused(
    "inspect cells.npz --plot x.html",
    /^error: --plot: cells\.npz has no Fourier moments, which are what is drawn; sketch the data without --sketch-size and --windows\n$/,
  );
  await refused(
    "inspect data.npy --plot x.html",
    /^error: --plot: data\.npy has nothing that is plotted; sketches, mixtures, generators and patches have\n$/,
  );
});

test("the size is said in both parts, beside that of the data where they are known", async () => {
  const made = await ok("sketch data.npy -o sized.npz --sketch-size 400");
  const { sums, design, numbers, bytes: inBytes } = made.size;
  assert.ok(sums > 0 && design > 0 && numbers === sums + design && numbers <= 400, `${sums} + ${design}`);
  assert.equal(inBytes, { sums: 8 * sums, design: 4 * design, all: 8 * sums + 4 * design });
  assert.equal(made.dataBytes, { raw: 480, files: statSync("data.npy").size });
  const parts = `${numbers} numbers \\(${sums} of sums \\+ ${design} of the design\\)`;
  const text = (await run("inspect sized.npz")).stdout;
  assert.match(text, new RegExp(`holds +${parts}, [\\d.]+ times the 120 that were sketched\n`));
  assert.not.match(text, /on disk/);
  const beside = (await run("inspect sized.npz --data data.npy")).stdout;
  assert.match(
    beside,
    /bytes +\d.*of the design\), [\d.]+ times the 480 bytes that were sketched \(all its files, .*608 bytes\)\n/,
  );
  const half = await ok("sketch data.npy -o half.npz --limit 30 --sketch-size 400");
  assert.is(half.dataBytes.raw, 240);
  assert.equal((await ok("inspect data.npy")).dataBytes, { raw: 480, files: 608 });
  assert.equal((await ok("design data.npy -o sized-design.npz --sketch-size 400")).size, made.size);
  assert.is((await ok(`sketch ring -o drawn.npz --limit 100 ${SMALL}`)).dataBytes, undefined);
  await ok("train sized.npz -o sized");
  const prior = JSON.parse(readFileSync("sized/prior.json", "utf8"));
  assert.equal([prior.sketch.numbers, prior.sketch.design], [sums, design]);
  assert.equal((await ok("inspect sized")).sketch.size, made.size);
  await refused(
    "inspect sized.npz --data a.npy",
    /^error: --data: the sketch is of 60 samples of 2, a\.npy holds 25 of 2; name/,
  );
  await refused("inspect data.npy --data data.npy", /^error: --data: data\.npy is no sketch; leave it out\n$/);
});

test("what cannot be sketched is refused in one line, and nothing is written", async () => {
  writeFileSync("constant.npy", bytes(new Float32Array(40).fill(3), [20, 2]));
  writeFileSync("one.npy", bytes(rows.slice(0, 2), [1, 2]));
  writeFileSync("none.npy", bytes(new Float32Array(0), [0, 2]));
  writeFileSync("wide.npy", bytes(rows, [40, 3]));
  for (const [line, message] of [
    ["none.npy", /^error: none\.npy: holds no samples\n$/],
    [
      "constant.npy",
      /^error: sketch: scale auto: all samples of the pilot are equal, no scale follows; give scales\n$/,
    ],
    ["one.npy", /^error: sketch: scale auto: all samples of the pilot are equal/],
    ["data.npy --scale 0", /^error: sketch: scale: must be a positive number, got 0\n$/],
    ["data.npy --features pca:3", /^error: features: pca:3 asks for more components than dimensions \(2\)\n$/],
    ["data.npy --by-label", /^error: sketch: data\.npy has no labels, so it cannot be sketched by label\n$/],
    ["data.npy wide.npy", /^error: wide\.npy: holds samples of shape \[3\], but data\.npy holds \[2\]; all must have/],
    ["raw.f32", /^error: raw\.f32: raw float32 numbers need their shape; say --shape, as 28,28\n$/],
    ["raw.f32 --shape 2,x", /^error: --shape: expected numbers separated by commas, got "2,x"\n$/],
    ["data.npy --design D.npz --by-label", /^error: --by-label: the file of --design already fixes it/],
    ["data.npy --shard 3/2", /^error: --shard: expected i\/n with 1 ≤ i ≤ n, got "3\/2"\n$/],
    ["data.npy --checkpoint-every -1", /^error: --checkpoint-every: expected a number of at least 0, got -1\n$/],
  ] as const) {
    await refused(`sketch ${line} -o no.npz`, message);
  }
  await ok(`sketch labelled.npz --by-label --limit 2 -o few.npz ${SMALL}`); // labels 0 to 2 of the whole set
  writeFileSync("more.npz", npz({ data: ndarray(rows, [60, 2]), labels: ndarray(new Uint8Array(60).fill(7), [60]) }));
  await ok(`design labelled.npz --by-label -o DL.npz ${SMALL}`);
  await refused(
    "sketch more.npz --design DL.npz -o no.npz",
    /more\.npz: row 0 has the label 7, the design is for 0 to 2/,
  );
});

test("one sample and constant data are sketched at a given scale", async () => {
  assert.is((await ok(`sketch one.npy -o one.npz ${SMALL}`)).count, 1);
  assert.is((await ok(`sketch constant.npy -o constant.npz ${SMALL}`)).count, 20);
});

test.run();
