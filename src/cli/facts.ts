import { stat } from "node:fs/promises";
import type { TrainedGenerator } from "../../priors/generator/index.ts";
import type { Sketch, SketchDesign } from "../sketch/index.ts";
import { bytesText, grouped, shapeText } from "./text.ts";

/** A design in words and as data. */
export function designFacts(design: SketchDesign) {
  const { features, shape, fingerprint, families } = design;
  const data = {
    shape,
    features: features.kind === "pca" ? `pca:${features.components}` : "raw",
    families: families.map((family) => ({ ...family })),
    fingerprint,
  };
  const words: Record<string, string> = { samples: shapeText(shape), features: data.features };
  for (const family of families) {
    words[family.kind] =
      family.kind === "fourier"
        ? `${family.m} frequencies, law ${family.law}, scales ${family.scales.map((s) => Number(s.toPrecision(4))).join(", ")}, seed ${family.seed}`
        : "sums of x and xxᵀ";
  }
  words.fingerprint = fingerprint.slice(0, 16);
  return { data, words };
}

export function sketchFacts({ design, count }: Sketch) {
  const { data, words } = designFacts(design);
  return { data: { count, ...data }, words: { ...words, samples: `${grouped(count)} of ${words.samples}` } };
}

export const sizeText = async (file: string): Promise<string> => bytesText((await stat(file)).size);

export function priorFacts({ model, settings, sketch, history, code }: TrainedGenerator) {
  const network = [model.network.latent, ...model.network.hidden, model.network.output].join("-");
  const last = history.slice(-50);
  const loss = last.reduce((sum, v) => sum + v / last.length, 0); // the loss of one step is noisy
  const data = { shape: model.shape, network, settings, sketch, steps: history.length, code, loss };
  const words = {
    signals: shapeText(model.shape),
    network: `${network}, ${model.network.activation}`,
    trained: `${history.length} steps of ${settings.batch} latents, seed ${settings.seed}, ${code}`,
    loss: `${history[0]?.toPrecision(4)} at the start, ${loss.toPrecision(4)} in the mean of the last 50 steps`,
    sketch: `${grouped(sketch.count)} samples, design ${sketch.fingerprint.slice(0, 16)}`,
  };
  return { data, words };
}
