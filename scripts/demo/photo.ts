import { mkdir } from "node:fs/promises";
import path from "node:path";
import { parseOperator } from "../../operators/registry.ts";
import { factsOfSketch } from "../../priors/facts.ts";
import { fitPatches } from "../../priors/patches/index.ts";
import type { PatchPrior } from "../../priors/prior.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { savePrior } from "../../src/cli/prior-folder.ts";
import { commandLine, reportVersions } from "../../src/cli/reproducing.ts";
import { secondsText } from "../../src/cli/text.ts";
import { compare } from "../../src/compare/compare.ts";
import { methodOf } from "../../src/compare/method.ts";
import { openDataset, readRows } from "../../src/data/index.ts";
import { measure } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { reportJson } from "../../src/report/data.ts";
import { comparisonText } from "../../src/report/table.ts";
import { writeReport } from "../../src/report/write.ts";
import { saveSketch } from "../../src/sketch/files.ts";
import { designFor, sketchDataset, sketchSize, sketchSizeText } from "../../src/sketch/index.ts";
import { problemOf } from "../../src/solve/index.ts";

/** Denoising, missing pixels, a blur. */
const problems = [
  { spec: "identity", noise: 0.1 },
  { spec: "mask:keep=0.3", noise: 0.01 },
  { spec: "blur:sigma=1.5", noise: 0.01 },
];
/** Wavelets would take half of the time, and are behind total variation here. */
const penalties = ["tikhonov", "tv"];
/** Soft cells: few, so that the demo is quick. */
const CELLS = 60;
/** Images that are sketched; those that choose λ and those that are recovered are others. */
const SKETCHED = 60;
const [TUNING, RECOVERED] = [9000, 9100];

export const photo = defineCommand({
  usage: "photo",
  description: "Whole images with a prior of patches, learned from one sketch of drawn images (dead leaves).",
  examples: [["npm run demo -- photo", "a table, and photo-report with the pictures"]],
  options: (y) =>
    y
      .option("limit", { type: "number", default: 2, requiresArg: true, describe: "images to recover" })
      .option("tune-count", { type: "number", default: 1, requiresArg: true, describe: "images that choose λ" })
      .option("out", { type: "string", default: "photo-report", requiresArg: true, describe: "folder of the report" }),
  run: async (args, { seed, words, signal, progress, note }) => {
    for (const name of ["limit", "tune-count"] as const) requireInteger(name, args[name]);
    const started = performance.now();
    const images = await openDataset("dead-leaves");
    const patches = await openDataset("patches:dead-leaves:stride=2");
    const range = { from: 0, to: (SKETCHED * patches.count) / images.count };
    const families = [{ kind: "gated-moments", cells: CELLS, seed }] as const;
    const design = await progress("cells", () => designFor(patches, { families, range, signal }));
    const sketch = await progress("sketch", (onProgress) =>
      sketchDataset(patches, design, {
        ...{ range, signal },
        onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }),
      }),
    );
    const model = await fitPatches(sketch, signal);
    const prior: PatchPrior = { kind: "patches", name: "patches", ...model };
    const learning = secondsText((performance.now() - started) / 1000);
    note(`sketched ${sketch.count} patches of ${SKETCHED} images and made a prior in ${learning}`);

    const truth = await readRows(images, RECOVERED, RECOVERED + args.limit);
    const tuning = await readRows(images, TUNING, TUNING + args["tune-count"]);
    const options = { seed, signal, tuning, watch: progress };
    const measured = [];
    for (const { spec, noise: sigma } of problems) {
      const operator = parseOperator(spec, images.shape, seed);
      const noise = gaussianNoise(sigma);
      const { y } = await measure(truth, operator, { noise, seed });
      measured.push(problemOf({ operator, noise, y, range: [0, 1] }));
    }
    const table = await compare({
      ...{ truth, problems: measured, seed, signal },
      methods: [
        methodOf("patches", prior, options),
        ...penalties.map((name) => methodOf(name, parsePenalty(name, images.shape), options)),
      ],
      onRow: ({ operator, method, mse }) => note(`${operator}, ${method}: ${mse.toPrecision(3)}`),
    });
    const seconds = (performance.now() - started) / 1000;
    const size = sketchSizeText(sketchSize(design));
    const about = {
      title: "Whole images with a prior of patches, learned from a sketch of other images",
      paragraphs: [
        `One pass over ${sketch.count} patches of 8 × 8 pixels of ${SKETCHED} drawn images gave a sketch of ${size}: second moments in ` +
          `${CELLS} cells of a mixture. A mixture of Gaussians on patches follows in closed form. It recovers images of any size under any linear Φ.`,
        `The images below are others. λ of the penalties was chosen for each operator on further images, ${args["tune-count"]} in number. Every method ` +
          `keeps to [0, 1]. Sketch and prior ${learning}, everything ${secondsText(seconds)}.`,
      ],
      facts: {
        data: `${images.name}, drawn by seed`,
        sketch: `${size}, design ${design.fingerprint.slice(0, 16)}`,
        seed,
      },
      commands: [commandLine(["npm", "run", "demo", "--", ...words])],
      versions: reportVersions(),
    };
    await mkdir(args.out, { recursive: true });
    await saveSketch(path.join(args.out, "sketch.npz"), sketch);
    await savePrior(path.join(args.out, "patches"), {
      kind: "patches",
      trained: { model, sketch: factsOfSketch(sketch) },
    });
    const files = await writeReport(args.out, table, about);
    return {
      text: `${comparisonText(table)}\n\nwrote ${files[0]} in ${secondsText(seconds)}`,
      data: { files, seconds, ...reportJson(table, about) },
    };
  },
});
