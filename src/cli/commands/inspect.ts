import { stat } from "node:fs/promises";
import { InputError } from "../../data/errors.ts";
import type { Npz } from "../../data/npz.ts";
import type { Sketch } from "../../sketch/index.ts";
import { defineCommand, type Outcome } from "../command.ts";
import { designFacts, measurementFacts, priorFacts, reconstructionFacts, scaleFacts, sketchFacts } from "../facts.ts";
import { requireWritable } from "../options.ts";
import { bytesText, factLines, grouped, shapeText } from "../text.ts";

export const inspect = defineCommand({
  usage: "inspect <file>",
  description: "Say what a file is: sketch, design, measurements, reconstruction, prior folder or data set.",
  examples: [
    ["sketchprior inspect X.npz", "the sketch's design, sample count and fingerprint"],
    ["sketchprior inspect X.npz --plot X.html", "whether its scales suit the data, as a picture"],
    ["sketchprior inspect prior/ --json", "the prior's settings as JSON"],
  ],
  options: (y) =>
    y
      .positional("file", { type: "string", demandOption: true, describe: "file, prior folder or name of a data set" })
      .option("plot", {
        ...{ type: "string", requiresArg: true },
        describe: "for a sketch: write its moments against their frequencies to this .html file",
      }),
  run: async ({ file, plot }) => {
    if (plot !== undefined) await requirePlot(file, plot);
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory()) return inspectFolder(file);
    const size = found ? bytesText(found.size) : undefined;
    if (!/\.npz$/i.test(file)) return inspectData(file, size);
    const { readNpz } = await import("../../data/npz.ts");
    const npz = await readNpz(file);
    return npz.metadata?.format === undefined ? inspectData(file, size) : inspectOwn(file, npz, size, plot);
  },
});

const outcome = (
  kind: string,
  file: string,
  words: Readonly<Record<string, string | undefined>>,
  data: object,
): Outcome => ({
  text: factLines({ file, kind, ...words }),
  data: { file, kind, ...data },
});

async function inspectFolder(folder: string): Promise<Outcome> {
  const { loadGenerator } = await import("../../../priors/generator/index.ts");
  const inside = await stat(`${folder}/prior.json`).catch(() => undefined);
  if (!inside) throw new InputError(`${folder}: is a folder without prior.json, so it is no prior`);
  const { words, data } = priorFacts(await loadGenerator(folder));
  return outcome("prior", folder, words, data);
}

/** A file that sketchprior wrote, by the format in its metadata. */
async function inspectOwn(
  file: string,
  npz: Npz,
  size: string | undefined,
  plot: string | undefined,
): Promise<Outcome> {
  const format = String(npz.metadata?.format);
  const { DESIGN_FORMAT, loadDesign, loadSketch, SKETCH_FORMAT } = await import("../../sketch/index.ts");
  if (format === SKETCH_FORMAT.format) {
    const sketch = await loadSketch(file);
    const { words, data } = sketchFacts(sketch);
    const scale = await scaleFacts(sketch);
    if (plot !== undefined) await writePlot(file, plot, sketch);
    return outcome("sketch", file, { size, ...words, ...scale.words, plot }, { ...data, ...scale.data, plot });
  }
  if (format === DESIGN_FORMAT.format) {
    const { words, data } = designFacts(await loadDesign(file));
    return outcome("design", file, { size, ...words }, data);
  }
  const { loadMeasurements, measurementsFormat } = await import("../../measure/index.ts");
  if (format === measurementsFormat.format) {
    const { words, data } = measurementFacts(await loadMeasurements(file));
    return outcome("measurements", file, { size, ...words }, data);
  }
  const { loadReconstruction, RECONSTRUCTION_FORMAT } = await import("../../compare/reconstruction.ts");
  if (format === RECONSTRUCTION_FORMAT.format) {
    const { words, data } = await reconstructionFacts(await loadReconstruction(file));
    return outcome("reconstruction", file, { size, ...words }, data);
  }
  throw new InputError(`${file}: has the format "${format}", which this sketchprior does not know`);
}

/** Refuses a plot that could not be made, before any work. */
async function requirePlot(file: string, plot: string): Promise<void> {
  if (!/\.html?$/i.test(plot)) throw new InputError(`--plot: expected a name that ends in .html, got "${plot}"`);
  await requireWritable(plot);
  const { SKETCH_FORMAT } = await import("../../sketch/index.ts");
  const { readNpz } = await import("../../data/npz.ts");
  const isSketch = /\.npz$/i.test(file) && (await readNpz(file)).metadata?.format === SKETCH_FORMAT.format;
  if (!isSketch) throw new InputError(`--plot: ${file} is no sketch; only sketches are plotted`);
}

async function writePlot(file: string, plot: string, sketch: Sketch): Promise<void> {
  const { diagnoseScale } = await import("../../sketch/index.ts");
  const { moduliPage } = await import("../../report/moduli.ts");
  const { writeAtomic } = await import("../../data/files.ts");
  await writeAtomic(plot, moduliPage(`Moments of ${file}`, diagnoseScale(sketch)));
}

async function inspectData(file: string, size: string | undefined): Promise<Outcome> {
  const { openDataset, readRows } = await import("../../data/dataset.ts");
  const { name, count, shape, labels, ...rest } = await openDataset(file);
  const looked = Math.min(count, 1000);
  const { data } = await readRows({ name, count, shape, ...rest }, 0, looked);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of data) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  const words = {
    size,
    samples: `${grouped(count)} of ${shapeText(shape)}`,
    values: `${Number(low.toPrecision(4))} to ${Number(high.toPrecision(4))} in the first ${looked}`,
    labels: labels ? "yes" : "no",
  };
  return outcome("data set", file, words, { count, shape, range: [low, high], labels: labels !== undefined });
}
