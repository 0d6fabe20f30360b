import { existsSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scanCommand } from "../../scripts/reproduce/scans.ts";
import { craniumSlices } from "../../scripts/reproduce/volumes.ts";
import { deadLeaves } from "../../src/data/dead-leaves.ts";
import { arrayDataset, readRows } from "../../src/data/index.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { inProcess } from "../cli/spawn.ts";
import { refuses, scratch } from "../data/tiny.ts";

const test = suite("reproduce");
const file = scratch();

/** Corners of 24 × 24 pixels of 14 drawn images. */
const slices = async () => arrayDataset("drawn", (await readRows(deadLeaves(), 0, 14)).hi(14, 24, 24));

const toy = scanCommand("toy", {
  title: "Drawn slices",
  from: "anything",
  open: slices,
  parts: { sketched: [0, 1, 2, 3, 4, 5, 6, 7], tuning: [10], recovered: [12, 13] },
  cells: 12,
  operators: ["fourier:acceleration=2"],
  noise: 0.01,
  baselines: ["zero-filled", "tikhonov"],
});
const run = (...words: string[]) =>
  inProcess(["toy", "--from", "x", "--out", file("toy"), "--limit", "1", "--json", ...words], { toy });

test("slices are sketched, choose λ or are recovered; what is finished is kept", async () => {
  const first = await run();
  assert.is(first.code, 0, first.stderr);
  const { rows, methods } = JSON.parse(first.stdout) as {
    rows: { mse: number }[];
    methods: string[];
  };
  assert.equal(methods.slice(1), ["zero-filled", "tikhonov"]);
  const [patches = Number.NaN, zero = Number.NaN] = rows.map(({ mse }) => mse);
  assert.ok(patches < 0.7 * zero, `${patches}, ${zero}`);
  const [tenth, tuning] = [await readRows(await slices(), 10, 11), await readNpz(file("toy/tuning.npz"))];
  assert.equal([...tuning.arrays.data!.data], [...tenth.data]);
  assert.ok(existsSync(file("toy/report/index.html")));
  const again = await run();
  assert.is(again.code, 0, again.stderr);
  assert.equal(JSON.parse(again.stdout).rows, rows);
});

test("another file than the cranium's is refused", async () => {
  writeFileSync(file("matrix.dat"), new Uint8Array(10));
  await refuses(
    () => craniumSlices(file("matrix.dat")),
    /matrix\.dat: expected matrix\.dat of Cranium\.inv3, 14155776 bytes, got 10$/,
  );
  await refuses(() => craniumSlices(file("none.dat")), /none\.dat: no such file/);
});

test("the cranium's numbers: means of 2 × 2 pixels, from −1024 on", async () => {
  const stored = new Int16Array(108 * 256 ** 2).fill(-1024);
  stored.set([-1024, 1024], 0);
  stored.set([1024, -2000], 256);
  writeFileSync(file("matrix.dat"), new Uint8Array(stored.buffer));
  const cranium = await craniumSlices(file("matrix.dat"));
  assert.equal([cranium.count, ...cranium.shape], [108, 128, 128]);
  const first = await readRows(cranium, 0, 1);
  assert.equal([...first.data.subarray(0, 2)], [0.25, 0]);
});

test.run();
