import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { MixturePrior } from "../../priors/prior.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { secondsText } from "../../src/cli/text.ts";
import { fileExists, fileNameOf } from "../../src/data/files.ts";
import { InputError, openDataset, readFileOrExplain, readRows, writeAtomic } from "../../src/data/index.ts";
import { firstRows } from "../../src/data/rows.ts";
import { textTable } from "../../src/report/table.ts";
import { errorsOf, ratioOf } from "./ambient/errors.ts";
import { type KindName, kindNames, rivalsOf } from "./ambient/kinds.ts";
import { learned } from "./ambient/learn.ts";
import { rowsPicture } from "./ambient/picture.ts";

const sets = ["mnist", "fashion-mnist"] as const;
/** Numbers of Gaussian measurements that images are recovered from. */
const MEASURED = [25, 50, 100];
/** Training images that `--tune` holds out for the test. */
const HELD = 10_000;

/** Priors learned from lossy measurements beside those of the same kind from whole images: recovery of images that neither has seen. */
export const ambient = defineCommand({
  usage: "ambient <set> <loss>",
  description: "Learn a mixture from lossy images, and one from whole images; recover test images with both.",
  examples: [
    [
      "npm run experiment -- ambient mnist missing",
      "a fifth of the pixels of each image; ambient-report/mnist-missing",
    ],
    ["npm run experiment -- ambient mnist noise --tune", "on training images that no prior has seen"],
  ],
  options: (y) =>
    y
      .positional("set", { type: "string", choices: sets, demandOption: true, describe: "which images" })
      .positional("loss", { type: "string", choices: kindNames, demandOption: true, describe: "how they are seen" })
      .option("tune", {
        type: "boolean",
        describe: "learn from all training images but the last 10 000, test on these",
      })
      .option("train", { type: "number", requiresArg: true, describe: "training images; default all" })
      .option("features", { type: "number", default: 64, requiresArg: true, describe: "features of the mixtures" })
      .option("steps", {
        ...{ type: "number", default: 2, requiresArg: true },
        describe: "steps of the Gaussian of missing pixels before there are cells",
      })
      .option("cells", { type: "number", default: 20, requiresArg: true, describe: "Gaussians of the mixtures" })
      .option("passes", {
        type: "number",
        default: 2,
        requiresArg: true,
        describe: "steps of expectation maximisation",
      })
      .option("images", { type: "number", default: 25, requiresArg: true, describe: "test images" })
      .option("draws", { type: "number", default: 2, requiresArg: true, describe: "draws of Φ and the noise" })
      .option("out", {
        ...{ type: "string", requiresArg: true, defaultDescription: "ambient-report/<set>-<loss>" },
        describe: "folder to write to",
      }),
  run: async (args, { seed, signal, progress, note }) => {
    for (const name of ["features", "cells", "passes", "images", "draws"] as const) requireInteger(name, args[name]);
    requireInteger("steps", args.steps, 0);
    const { features, steps, cells, passes, draws } = args;
    const started = performance.now();
    const all = await openDataset(args.set);
    const held = all.count - (args.tune ? HELD : 0);
    const train = firstRows(all, Math.min(held, args.train ?? held));
    const tested = args.tune
      ? await readRows(all, held, held + args.images)
      : await readRows(await openDataset(`${args.set}:test`), 0, args.images);
    const { set, loss, images } = args;
    const settings = { set, loss, tune: args.tune ?? false, train: train.count, features, steps, cells, seed };
    const folder = args.out ?? path.join("ambient-report", `${set}-${loss}`);
    await sameSettings(folder, settings);
    const options = { features, steps, cells, passes, seed, signal, note };
    const rivals = await rivalsOf(loss as KindName, train, folder, options);
    const errors: { readonly name: string; readonly byM: readonly (readonly number[])[] }[] = [];
    const priors: MixturePrior[] = [];
    for (const { name, data } of rivals) {
      const prior = await progress(name, (report) =>
        learned(data, path.join(folder, fileNameOf(name)), {
          ...options,
          onProgress: (step, maxSteps) => report({ step, maxSteps, objective: Number.NaN }),
        }),
      );
      priors.push(prior);
      const byM: number[][] = [];
      const own = path.join(folder, fileNameOf(name));
      for (const m of MEASURED) {
        const file = path.join(own, `errors-${passes}-${args.images}-${draws}-${m}.json`);
        if (!(await fileExists(file))) {
          const found = await errorsOf(prior, tested, m, { draws, seed, signal });
          await writeAtomic(file, JSON.stringify(found));
        }
        byM.push(JSON.parse(String(Buffer.from(await readFileOrExplain(file)))) as number[]);
      }
      errors.push({ name, byM });
      note(`${name}: ${byM.map((own) => mean(own).toFixed(5)).join(", ")}`);
    }
    const rows = errors.map(({ name, byM }) => ({
      name,
      errors: byM.map(mean),
      ratios: byM.map((own, i) => ratioOf(own, errors[1]!.byM[i]!, args.images)),
    }));
    await writeAtomic(path.join(folder, "figure.png"), await rowsPicture(rivals[0]!.data, priors.slice(0, 2), seed));
    const seconds = (performance.now() - started) / 1000;
    const report = { ...settings, passes, images, draws, measured: MEASURED, rows, seconds };
    await writeAtomic(path.join(folder, "figures.json"), `${JSON.stringify(report, null, 2)}\n`);
    const titles = [{ title: "learned from" }, ...MEASURED.flatMap((m) => [right(`m = ${m}`), right("against whole")])];
    const table = textTable(
      titles,
      rows.map(({ name, errors: own, ratios }) => [
        name,
        ...own.flatMap((v, i) => {
          const { ratio, interval } = ratios[i]!;
          return [v.toFixed(5), `${ratio.toFixed(3)} (${interval.map((end) => end.toFixed(2)).join("–")})`];
        }),
      ]),
    );
    return { text: `${table}\n\nwrote ${folder}/figure.png in ${secondsText(seconds)}`, data: report };
  },
});

/** Makes the folder, or checks that what it holds was made with the same settings. Errors (InputError): it was not. */
async function sameSettings(folder: string, settings: object): Promise<void> {
  const file = path.join(folder, "settings.json");
  const text = `${JSON.stringify(settings)}\n`;
  await mkdir(folder, { recursive: true });
  if (!(await fileExists(file))) return writeAtomic(file, text);
  if (String(Buffer.from(await readFileOrExplain(file))) === text) return;
  throw new InputError(`${folder}: holds priors of other settings; give another --out, or remove it`);
}

const right = (title: string) => ({ title, align: "right" as const });
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
