import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cellKey, cellsIn, removeCells } from "../../src/compare/cell-file.ts";
import { compare } from "../../src/compare/compare.ts";
import type { Method } from "../../src/compare/method.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { constant, doubling } from "./tiny.ts";

const test = suite("cells that are kept");
const scratch = () => path.join(mkdtempSync(path.join(os.tmpdir(), "cells-")), "cells");

const kept = (folder: string, resume: boolean) => ({ store: cellsIn(folder, { resume }), measured: ["doubled"] });

/** A method that counts its runs, and knows a posterior. */
function counted(name: string, grey: number) {
  const runs: string[] = [];
  const part = { probability: 1, mean: new Float64Array(4).fill(grey), variance: new Float64Array(4).fill(0.04) };
  const method: Method = {
    ...{ name, identity: `${name} ${grey}` },
    recover: async (problem) => {
      runs.push(name);
      return {
        ...(await constant(name, grey).recover(problem)),
        warnings: [`${name} doubts`],
        marginals: async () => [part],
      };
    },
  };
  return { method, runs };
}

test("a comparison that was stopped goes on with what was finished, and its table is that of one that was not", async () => {
  const folder = scratch();
  const [grey, black] = [counted("grey", 0.5), counted("black", 0)];
  const { truth, problems } = doubling();
  const [problem] = problems;
  const given = { truth, problems: [[problem!, problem!]] };
  const whole = await compare({ ...given, methods: [grey.method, black.method] });
  const failing: Method = { name: "black", identity: "black 0", recover: () => Promise.reject(new Error("killed")) };
  await compare({ ...given, methods: [grey.method, failing], cells: kept(folder, false) }).then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, "killed"),
  );
  assert.is(readdirSync(folder).length, 1);
  grey.runs.length = 0;
  const reused: boolean[] = [];
  const resumed = await compare({
    ...{ ...given, methods: [grey.method, black.method], cells: kept(folder, true) },
    onRow: (_, known) => reused.push(known),
  });
  assert.equal([grey.runs, reused, resumed.reused], [[], [true, false], 1]);
  const plain = ({ rows, cases }: typeof whole) => ({
    rows: rows.map((row) => ({ ...row, memory: 0 })),
    estimates: Object.values(cases[0]!.estimates).map(({ data, shape }) => [[...data], shape]),
    deviations: Object.values(cases[0]!.deviations).map(({ data, shape }) => [[...data], shape]),
  });
  assert.equal(plain(resumed), plain(whole));
  assert.is(readdirSync(folder).length, 2);
});

test("without resume everything is computed again; other measurements, ranges and methods are other cells", async () => {
  const folder = scratch();
  const { method, runs } = counted("grey", 0.5);
  const again = () => compare({ ...doubling(), methods: [method], cells: kept(folder, false) });
  await again();
  await again();
  assert.is(runs.length, 2);
  const { truth, problems } = doubling();
  const keys = await Promise.all([
    cellKey(truth, "doubled", undefined, method),
    cellKey(truth, "doubled", [0, 1], method),
    cellKey(truth, "tripled", undefined, method),
    cellKey(problems[0]!.y, "doubled", undefined, method),
    cellKey(truth, "doubled", undefined, counted("grey", 0.6).method),
  ]);
  assert.is(new Set(keys).size, keys.length);
  assert.is(await cellKey(truth, "doubled", undefined, constant("grey", 0.5)), undefined);
});

test("a cell is read with NumPy's names; a damaged one is refused by its name; only cells are removed", async () => {
  const folder = scratch();
  const run = () => compare({ ...doubling(), methods: [counted("grey", 0.5).method], cells: kept(folder, true) });
  await run();
  const [name] = readdirSync(folder);
  assert.match(name!, /^double-grey-[0-9a-f]{16}\.npz$/);
  const file = path.join(folder, name!);
  const { arrays } = await readNpz(file);
  assert.equal(Object.keys(arrays).sort(), ["deviation", "errors", "estimate", "relativeErrors", "residuals"]);
  writeFileSync(file, readFileSync(file).subarray(0, 100));
  await run().then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, new RegExp(`^${file}: `)),
  );
  writeFileSync(path.join(folder, "mine.npz"), "");
  await removeCells(folder);
  assert.equal(readdirSync(folder), ["mine.npz"]);
});

test.run();
