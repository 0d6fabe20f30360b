import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { numberList, requireInteger } from "../../src/cli/options.ts";
import { firstRows } from "../../src/cli/signals.ts";
import { secondsText } from "../../src/cli/text.ts";
import { quantile } from "../../src/compare/summary.ts";
import { sizeOf } from "../../src/data/array.ts";
import { InputError, openDataset, writeAtomic } from "../../src/data/index.ts";
import { short, textTable } from "../../src/report/table.ts";
import type { Sketch } from "../../src/sketch/index.ts";
import { panelsPng } from "../plots.ts";
import { type Curve, DEPTH, LATENT, layersOf } from "./theory/curve.ts";
import { type Stretches, stretches } from "./theory/lipschitz.ts";
import { type Reached, reachedMinima } from "./theory/minima.ts";
import { minimaPlot, successPlots } from "./theory/plots.ts";
import { randomNetwork } from "./theory/random-network.ts";
import { generatorShare, halfway, type Share, type ShareOptions, sparseShare } from "./theory/success.ts";
import { latentsOf, sketchOf, trainedNetwork } from "./theory/trained.ts";

const parts = ["success", "minima", "lipschitz"] as const;

/** m of generators, and of sparse signals, as multiples of k. */
const RATIOS = [0.5, 0.75, 1, 1.5, 2, 3, 4, 8, 16];
const SPARSE_RATIOS = [1, 2, 3, 4, 6, 8];
/** Hidden layers of networks with random weights are so many times as wide as z. */
const WIDE = 4;
/** Ratios of the widths of neighbouring layers. */
const EXPANSIVITIES = [1, 1.25, 1.5, 2, 3, 4, 6];

export const theory = defineCommand({
  usage: "theory",
  description:
    "Theory as experiments: successes against m for generators and sparse signals, restarts that reach the global minimum, and Lipschitz constants.",
  examples: [["npm run reproduce -- theory", "tables, and reproduce-report/theory with its pictures and theory.json"]],
  options: (y) =>
    y
      .option("parts", {
        ...{ type: "string", default: parts.join(","), requiresArg: true },
        describe: `parts to run: ${parts.join(", ")}`,
      })
      .option("latents", {
        ...{ type: "string", default: "5,10,20,40,80", requiresArg: true },
        describe: "sizes k of z, and numbers of a sparse signal that are not 0",
      })
      .option("depths", { type: "string", default: "1,2,3,4", requiresArg: true, describe: "hidden layers, at k = 20" })
      .option("trained", {
        ...{ type: "string", default: "5,20,80", requiresArg: true },
        describe: "sizes k of z of trained networks",
      })
      .option("length", { type: "number", default: 400, requiresArg: true, describe: "numbers n of a random signal" })
      .option("trials", { type: "number", default: 48, requiresArg: true, describe: "signals at every m" })
      .option("data", { type: "string", default: "mnist", requiresArg: true, describe: "what networks are trained on" })
      .option("steps", { type: "number", default: 500, requiresArg: true, describe: "training steps" })
      .option("out", {
        ...{ alias: "o", type: "string", default: path.join("reproduce-report", "theory"), requiresArg: true },
        describe: "folder to write to",
      }),
  run: async (args, { seed, signal, note }) => {
    const chosen = args.parts.split(",");
    const wrong = chosen.find((part) => !parts.some((known) => known === part));
    if (wrong !== undefined) throw new InputError(`--parts: expected some of ${parts.join(", ")}, got "${wrong}"`);
    const lists = {
      ...{ latents: numberList("latents", args.latents), depths: numberList("depths", args.depths) },
      trained: numberList("trained", args.trained),
    };
    for (const [name, list] of Object.entries(lists)) for (const value of list) requireInteger(name, value);
    for (const name of ["length", "trials", "steps"] as const) requireInteger(name, args[name]);
    const most = Math.max(...lists.latents);
    if (most >= args.length) {
      throw new InputError(`--latents: expected less than the --length of signals, ${args.length}, got ${most}`);
    }
    const started = performance.now();
    const { length: n, trials, steps } = args;
    const options: ShareOptions = { trials, seed, signal };
    const dataset = await openDataset(args.data);
    let sketch: Sketch | undefined;
    const trainedOf = async (k: number) => {
      sketch ??= await sketchOf(dataset, seed, signal);
      return trainedNetwork(sketch, k, steps, seed, signal);
    };
    const curves: Curve[] = [];
    const add = async (
      curve: Omit<Curve, "shares" | "half">,
      ratios: readonly number[],
      run: (m: number) => Promise<Share>,
    ) => {
      const shares: Share[] = [];
      for (const m of measures(curve.k, curve.n, ratios)) shares.push(await run(m));
      const half = halfway(shares);
      curves.push({ ...curve, shares, ...(half !== undefined && { half }) });
      note(curveLine(curves.at(-1)!).join("  "));
    };
    const random = (k: number, depth: number) =>
      add({ kind: "random weights", k, depth, n }, RATIOS, (m) => {
        const network = (draw: number): GeneratorPrior =>
          randomNetwork(k, new Array<number>(depth).fill(WIDE * k), n, seed + draw);
        return generatorShare(network, m, options);
      });
    if (chosen.includes("success")) {
      for (const k of lists.latents) await random(k, DEPTH);
      for (const depth of lists.depths)
        if (depth !== DEPTH || !lists.latents.includes(LATENT)) await random(LATENT, depth);
      for (const k of lists.latents) {
        await add({ kind: "sparse", k, n }, SPARSE_RATIOS, (m) => sparseShare(n, k, m, options));
      }
      for (const k of lists.trained) {
        const { after } = await trainedOf(k);
        const own = { kind: "trained", k, depth: 2, n: sizeOf(after.shape) } as const;
        await add(own, RATIOS, (m) => generatorShare(() => after, m, options));
      }
    }
    const minima: Reached[] = [];
    if (chosen.includes("minima")) {
      const settings = { latent: 10, depth: 2, signals: Math.ceil(trials / 4), restarts: 20, seed, signal };
      for (const expansivity of EXPANSIVITIES) {
        minima.push(await reachedMinima(expansivity, settings));
        note(minimaLine(minima.at(-1)!).join("  "));
      }
    }
    const lipschitz: Stretched[] = [];
    if (chosen.includes("lipschitz")) {
      const { before, after } = await trainedOf(LATENT);
      const latents = await latentsOf(after, await firstRows(dataset, 0, 4 * trials), seed, signal);
      for (const prior of [before, after]) {
        lipschitz.push({ name: prior.name, stretches: await stretches(prior, latents, 4 * trials, seed) });
      }
    }
    await mkdir(args.out, { recursive: true });
    const written = {
      ...(curves.length > 0 && { success: successPlots(curves) }),
      ...(minima.length > 0 && { minima: [minimaPlot(minima)] }),
    };
    for (const [name, panels] of Object.entries(written)) {
      const png = await panelsPng(`theory: ${name}`, panels, Math.min(2, panels.length));
      await writeAtomic(path.join(args.out, `${name}.png`), png);
    }
    const seconds = (performance.now() - started) / 1000;
    const result = { seed, trials, steps, seconds, curves, minima, lipschitz: lipschitz.map(quantilesOf) };
    await writeAtomic(path.join(args.out, "theory.json"), `${JSON.stringify(result, null, 2)}\n`);
    const tables = [
      ...(curves.length > 0
        ? [
            table(
              ["signals", "k", "layers", "n", "m of one half", "over k", "k d log n", "k log n"],
              curves.map(curveLine),
            ),
          ]
        : []),
      ...(minima.length > 0 ? [table(["expansivity", "reached", "with negatives"], minima.map(minimaLine))] : []),
      ...(lipschitz.length > 0
        ? [table(["network", "stretch", "median", "5 %", "95 %"], lipschitz.flatMap(stretchLines))]
        : []),
    ];
    return { text: `${tables.join("\n\n")}\n\nwrote ${args.out} in ${secondsText(seconds)}`, data: result };
  },
});

/** m from multiples of k, without those beyond n. */
const measures = (k: number, n: number, ratios: readonly number[]): number[] => [
  ...new Set(ratios.map((ratio) => Math.max(1, Math.round(ratio * k))).filter((m) => m <= n)),
];

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  textTable(
    titles.map((title, i) => ({ title, align: i === 0 ? ("left" as const) : ("right" as const) })),
    rows,
  );

const curveLine = ({ kind, k, depth, n, half }: Curve): string[] => [
  ...[kind, String(k), depth === undefined ? "" : String(depth), String(n)],
  ...(half === undefined ? ["–", "–"] : [short(half, 3), short(half / k, 3)]),
  ...[depth === undefined ? "" : short(k * layersOf(depth) * Math.log(n), 3), short(k * Math.log(n), 3)],
];

const percent = ({ successes, trials }: Omit<Share, "m">): string => `${((100 * successes) / trials).toFixed(0)} %`;

const minimaLine = ({ expansivity, plain, negated }: Reached): string[] => [
  ...[short(expansivity), percent(plain), percent(negated)],
];

interface Stretched {
  readonly name: string;
  readonly stretches: Stretches;
}

const stretchNames = {
  random: "‖Ju‖, random direction",
  data: "‖Ju‖, direction between data",
  pairs: "pairs of draws",
  largest: "largest singular value of J",
} as const satisfies Record<keyof Stretches, string>;

const quantilesOf = ({ name, stretches: all }: Stretched) => ({
  name,
  ...Object.fromEntries(
    Object.entries(all).map(([what, values]) => {
      const sorted = Float64Array.from(values as Float64Array).sort();
      return [what, [0.5, 0.05, 0.95].map((p) => quantile(sorted, p))];
    }),
  ),
});

const stretchLines = (stretched: Stretched): string[][] => {
  const quantiles = quantilesOf(stretched) as unknown as Record<keyof Stretches, number[]>;
  return (Object.keys(stretchNames) as (keyof Stretches)[]).map((what) => [
    ...[`${stretched.name} training`, stretchNames[what]],
    ...quantiles[what].map((v) => short(v, 3)),
  ]);
};
