import { stat } from "node:fs/promises";
import path from "node:path";
import { sameShape } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { Npz } from "../../data/npz.ts";
import type { Dataset } from "../../data/rows.ts";
import type { Figure } from "../../report/figure.ts";
import type { Sketch } from "../../sketch/index.ts";
import { defineCommand, type Outcome } from "../command.ts";
import {
  designFacts,
  hasFourierMoments,
  measurementFacts,
  reconstructionFacts,
  scaleFacts,
  sizeText,
  sketchFacts,
} from "../facts.ts";
import { requireWritable } from "../options.ts";
import { bytesText, factLines, grouped, shapeText } from "../text.ts";

export const inspect = defineCommand({
  usage: "inspect <file>",
  description: "Say what a file is: sketch, design, measurements, reconstruction, prior, network or data set.",
  examples: [
    ["sketchprior inspect X.npz", "the sketch's design, sample count and fingerprint"],
    ["sketchprior inspect X.npz --data mnist", "its bytes beside those of the data set that it is a sketch of"],
    ["sketchprior inspect X.npz --plot X.html", "whether its scales suit the data, as a picture"],
    ["sketchprior inspect P.npz --with Q.npz", "what two private sketches of the same data have spent together"],
    ["sketchprior inspect prior/ --plot curve.png", "the prior's settings, and how its training went"],
    ["sketchprior inspect generator.onnx", "what your own network is taken for: a generator or a denoiser"],
  ],
  options: (y) =>
    y
      .positional("file", {
        type: "string",
        demandOption: true,
        describe: "file, prior folder, folder of images or name of a data set",
      })
      .option("data", {
        ...{ type: "string", requiresArg: true },
        describe: "of a sketch: the data set that it was made from, or from a part of it, to compare the bytes with",
      })
      .option("with", {
        ...{ type: "string", requiresArg: true },
        describe: "of a private sketch: other ones of the same data, X.npz,Y.npz; what all have spent together",
      })
      .option("plot", {
        ...{ type: "string", requiresArg: true },
        describe:
          "picture to write, .html, .svg or .png: a sketch's moments by frequency, a prior's training, or the directions of a patch prior",
      }),
  run: async ({ file, data, plot, force, with: others }) => {
    if (plot !== undefined) await requirePlot(plot, force);
    const { figure, sketched, ...found } = await inspected(file, data);
    if (others !== undefined) {
      const { spentTogether } = await import("../private-sketching.ts");
      const together = await spentTogether([file, ...others.split(",")]);
      return {
        text: `${found.text}\n${factLines({ together: together.words })}`,
        data: { ...found.data, together: together.data },
      };
    }
    if (data !== undefined && !sketched) throw new InputError(`--data: ${file} is no sketch; leave it out`);
    if (plot === undefined) return found;
    if (!figure)
      throw new InputError(
        `--plot: ${file} has nothing that is plotted; sketches, mixtures, generators and patches have`,
      );
    await writePlot(plot, await figure());
    return { text: `${found.text}\n${factLines({ plot })}`, data: { ...found.data, plot } };
  },
});

/** What a file is, and how it is drawn, if it can be. */
interface Inspected extends Outcome {
  readonly figure?: () => Promise<Figure>;
  /** Present where it is a sketch. */
  readonly sketched?: true;
}

async function inspected(file: string, data: string | undefined): Promise<Inspected> {
  if (/\.onnx$/i.test(file)) return inspectOnnx(file);
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) return inspectFolder(file);
  const size = found ? bytesText(found.size) : undefined;
  if (!/\.npz$/i.test(file)) return inspectData(file, size);
  const { hasMetadata, readNpz } = await import("../../data/npz-file.ts");
  if (!(await hasMetadata(file))) return inspectData(file, size); // may have any size: it is not read whole
  return inspectOwn(file, await readNpz(file), size, data);
}

const outcome = (
  kind: string,
  file: string,
  words: Readonly<Record<string, string | undefined>>,
  data: object,
): Outcome => ({
  text: factLines({ file, kind, ...words }),
  data: { file, kind, ...data },
});

async function inspectFolder(folder: string): Promise<Inspected> {
  const inside = await stat(`${folder}/prior.json`).catch(() => undefined);
  if (!inside) return inspectImages(folder);
  const { loadTrained } = await import("../prior-folder.ts");
  const { courseOf, factsOf, priorOf } = await import("../../../priors/learned.ts");
  const prior = await loadTrained(folder);
  const { words, data } = factsOf(prior);
  const course = courseOf(prior);
  const learned = priorOf(prior, folder);
  if (learned.kind === "patches") {
    const figure = async () => (await import("../../report/directions.ts")).directionsFigure(learned);
    return { ...outcome("prior", folder, words, data), figure };
  }
  return {
    ...outcome("prior", folder, words, data),
    ...(course && {
      figure: async () => {
        const { trainingFigure } = await import("../../report/curve.ts");
        const { trained, validation } = words;
        return trainingFigure(
          `Training of ${folder}`,
          `${trained}${validation ? `; validation loss ${validation}` : ""}.`,
          course,
        );
      },
    }),
  };
}

/** A network of the user's own, as FILE or onnx:FILE. */
async function inspectOnnx(spec: string): Promise<Inspected> {
  const [{ onnxFileOf }, { openOnnx }] = await Promise.all([import("../onnx-file.ts"), import("../onnx-prior.ts")]);
  const file = onnxFileOf(spec);
  const { words, data } = (await openOnnx(file)).facts;
  return outcome("network", file, { size: await sizeText(file), ...words }, { network: data });
}

/** A folder that is not a prior: a data set of images. Errors (InputError): it holds no images. */
async function inspectImages(folder: string): Promise<Inspected> {
  const { imagesIn } = await import("../../data/images.ts");
  const { here, classes } = await imagesIn(folder);
  if (here.length + classes.length > 0) return inspectData(folder);
  const [{ CHECKPOINT, unfinished }, { fileExists }] = await Promise.all([
    import("../prior-folder.ts"),
    import("../../data/files.ts"),
  ]);
  if (await fileExists(path.join(folder, CHECKPOINT))) throw unfinished(folder);
  throw new InputError(`${folder}: is a folder without prior.json, so it is no prior, and without images`);
}

/** A file that sketchprior wrote, by the format in its metadata. */
async function inspectOwn(
  file: string,
  npz: Npz,
  size: string | undefined,
  data: string | undefined,
): Promise<Inspected> {
  const format = String(npz.metadata?.format);
  const { DESIGN_FORMAT, loadDesign, loadSketch, SKETCH_FORMAT } = await import("../../sketch/files.ts");
  const { diagnoseScale } = await import("../../sketch/index.ts");
  if (format === SKETCH_FORMAT.format) {
    const sketch = await loadSketch(file);
    const facts = await sketchFacts(sketch, data === undefined ? undefined : await sketchedData(data, sketch));
    const scale = await scaleFacts(sketch);
    return {
      ...outcome("sketch", file, { size, ...facts.words, ...scale.words }, { ...facts.data, ...scale.data }),
      sketched: true,
      figure: async () => {
        if (!hasFourierMoments(sketch)) {
          throw new InputError(
            `--plot: ${file} has no Fourier moments, which are what is drawn; sketch the data without --sketch-size and --windows`,
          );
        }
        const { moduliFigure } = await import("../../report/moduli.ts");
        return moduliFigure(`Moments of ${file}`, diagnoseScale(sketch));
      },
    };
  }
  const { PRIVATE_FORMAT, loadPrivateSketch } = await import("../../sketch/private/index.ts");
  if (format === PRIVATE_FORMAT.format) {
    const { privateFacts } = await import("../private-sketching.ts");
    const facts = await privateFacts(await loadPrivateSketch(file));
    return outcome("private sketch", file, { size, ...facts.words }, facts.data);
  }
  if (format === DESIGN_FORMAT.format) {
    const { words, data } = await designFacts(await loadDesign(file));
    return outcome("design", file, { size, ...words }, data);
  }
  const { measurementsFormat, readMeasurements } = await import("../../measure/index.ts");
  if (format === measurementsFormat.format) {
    const { words, data } = measurementFacts(await readMeasurements(file));
    return outcome("measurements", file, { size, ...words }, data);
  }
  const { loadReconstruction, RECONSTRUCTION_FORMAT } = await import("../../compare/reconstruction.ts");
  if (format === RECONSTRUCTION_FORMAT.format) {
    const { words, data } = await reconstructionFacts(await loadReconstruction(file));
    return outcome("reconstruction", file, { size, ...words }, data);
  }
  const { LEARNED_FORMAT, learnedFacts } = await import("../../learn/index.ts");
  if (format === LEARNED_FORMAT.format)
    return outcome("learned", file, { size, ...learnedFacts(npz) }, { ...npz.metadata });
  throw new InputError(`${file}: has the format "${format}", which this sketchprior does not know`);
}

/** The data set that --data says a sketch is of. Errors (InputError): it cannot be, by its samples' shape or their number. */
async function sketchedData(spec: string, { design, count }: Sketch): Promise<Dataset> {
  const { openDataset } = await import("../../data/dataset.ts");
  const dataset = await openDataset(spec);
  if (sameShape(dataset.shape, design.shape) && count <= dataset.count) return dataset;
  throw new InputError(
    `--data: the sketch is of ${grouped(count)} samples of ${shapeText(design.shape)}, ${dataset.name} holds ` +
      `${grouped(dataset.count)} of ${shapeText(dataset.shape)}; name the data set that was sketched`,
  );
}

/** Checks before any work that the picture can be written. Errors (InputError). */
async function requirePlot(plot: string, force: boolean | undefined): Promise<void> {
  const { figureFormats } = await import("../../report/figure.ts");
  const endings = Object.keys(figureFormats);
  if (!endings.includes(extension(plot))) {
    throw new InputError(
      `--plot: expected a name that ends in ${endings.slice(0, -1).join(", ")} or ${endings.at(-1)}, got "${plot}"`,
    );
  }
  await requireWritable(plot, force);
}

async function writePlot(plot: string, figure: Figure): Promise<void> {
  const { figureFormats } = await import("../../report/figure.ts");
  const { writeAtomic } = await import("../../data/files.ts");
  await writeAtomic(plot, await figureFormats[extension(plot) as keyof typeof figureFormats](figure));
}

const extension = (file: string): string => path.extname(file).toLowerCase();

async function inspectData(file: string, size?: string): Promise<Outcome> {
  const { dataFacts } = await import("../data-facts.ts");
  const { words, data } = await dataFacts(file);
  return outcome("data set", file, { size, ...words }, data);
}
