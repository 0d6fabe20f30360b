import { stat } from "node:fs/promises";
import type { TrainedDistilled } from "../../priors/distilled/index.ts";
import type { TrainedGenerator } from "../../priors/generator/index.ts";
import type { TrainedPrior } from "../../priors/load.ts";
import type { TrainedMixture } from "../../priors/mixture/index.ts";
import type { Reconstruction } from "../compare/reconstruction.ts";
import { sizeOf } from "../data/array.ts";
import type { Measurements, SavedMeasurements } from "../measure/index.ts";
import { short } from "../report/table.ts";
import type { Sketch, SketchDesign } from "../sketch/index.ts";
import { bytesText, grouped, secondsText, shapeText } from "./text.ts";

/** A design in words and as data. */
export async function designFacts(design: SketchDesign) {
  const { familyOf } = await import("../sketch/families/index.ts");
  const { features, shape, fingerprint, families, labels } = design;
  const data = {
    shape,
    features: features.kind === "pca" ? `pca:${features.components}` : "raw",
    families: families.map((family) => ({ ...family })),
    ...(labels !== undefined && { labels }),
    fingerprint,
  };
  const words: Record<string, string> = { samples: shapeText(shape), features: data.features };
  for (const family of families) {
    const { title, describe } = familyOf(family.kind);
    words[title] = describe(family);
  }
  if (labels !== undefined) words.labels = `0 to ${labels - 1}, each summed apart`;
  words.fingerprint = fingerprint.slice(0, 16);
  return { data, words };
}

export async function sketchFacts({ design, count }: Sketch) {
  const { sketchSize } = await import("../sketch/index.ts");
  const { data, words } = await designFacts(design);
  const numbers = sketchSize(design);
  const held = count * design.shape.reduce((a, b) => a * b, 1);
  const part = numbers < held ? `1/${short(held / numbers, 2)}` : `${short(numbers / held, 2)} times those`;
  const size = `${grouped(numbers)} numbers, ${part} of the ${grouped(held)} that were sketched`;
  return {
    data: { count, numbers, ...data },
    words: { ...words, samples: `${grouped(count)} of ${words.samples}`, holds: size },
  };
}

/** Whether the scales of a sketch suit its data, in words and as data; nothing for a sketch without Fourier moments. */
export async function scaleFacts(sketch: Sketch) {
  if (!sketch.design.families.some(({ kind }) => kind === "fourier")) return { data: {}, words: {} };
  const { diagnoseScale } = await import("../sketch/index.ts");
  const { verdict, nearOne, atNoise, noise, words } = diagnoseScale(sketch);
  return { data: { scale: { verdict, nearOne, atNoise, noise } }, words: { scales: words } };
}

export const sizeText = async (file: string): Promise<string> => bytesText((await stat(file)).size);

/** A prior in one line, for reports. */
export function priorLine({ kind, trained }: TrainedPrior): string {
  const { count, fingerprint } = trained.sketch;
  const sketch = `sketch of ${grouped(count)} samples, design ${fingerprint.slice(0, 16)}`;
  if (kind === "mixture") return `${mixtureFacts(trained).words.mixture}; ${sketch}`;
  if (kind === "distilled") return `${distilledFacts(trained).words.network}; ${sketch}`;
  const { network } = trained.model;
  const layers = [network.latent, ...network.hidden, network.output].join("-");
  return `generator ${layers}, ${trained.history.length} steps, seed ${trained.settings.seed}; ${sketch}`;
}

export function mixtureFacts({ model, settings, sketch }: TrainedMixture) {
  const { shape, weights, means, factors, labels } = model;
  const components = weights.length;
  const [, features] = means.shape as [number, number];
  const covariances = factors.shape[0]!;
  const labelCount = labels && new Set(labels).size;
  return {
    data: {
      kind: "mixture",
      shape,
      components,
      covariances,
      features,
      settings,
      sketch,
      ...(labels && { labels: labelCount }),
    },
    words: {
      signals: shapeText(shape),
      mixture: `${components} Gaussians of ${features} features, ${covariances} covariances${labels ? `, ${labelCount} labels` : ""}`,
      trained: `in closed form, shrinkage ${settings.shrinkage}`,
      sketch: `${grouped(sketch.count)} samples in ${grouped(sketch.numbers)} numbers, design ${sketch.fingerprint.slice(0, 16)}`,
    },
  };
}

export function distilledFacts({ model, settings, history, code, sketch }: TrainedDistilled) {
  const { kind, network, shape, weights, conditions } = model;
  const numbers = weights.reduce((sum, { size }) => sum + size, 0);
  return {
    data: {
      ...{
        kind,
        shape,
        latent: network.latent,
        hidden: network.hidden,
        weights: numbers,
        conditions: conditions.length,
      },
      ...{ settings, sketch, steps: history.length, code },
    },
    words: {
      signals: shapeText(shape),
      network: `${kind} of ${network.latent} latents, ${grouped(numbers)} weights, ${conditions.length} conditions`,
      trained: `${history.length} steps from the mixture of the sketch, seed ${settings.seed}, ${code}`,
      sketch: `${grouped(sketch.count)} samples in ${grouped(sketch.numbers)} numbers, design ${sketch.fingerprint.slice(0, 16)}`,
    },
  };
}

export function generatorFacts(trained: TrainedGenerator) {
  const { model, settings, sketch, history, code, kept, validation } = trained;
  const { latent, hidden, conv, output } = model.network;
  const network = [latent, ...hidden, ...(conv ? [`conv:${conv.channels}`] : []), output].join("-");
  const last = history.slice(-50);
  const loss = last.reduce((sum, v) => sum + v / last.length, 0); // the loss of one step is noisy
  const { labels } = model.network;
  const data = {
    shape: model.shape,
    network,
    ...(labels !== undefined && { labels }),
    settings,
    sketch,
    steps: history.length,
    code,
    loss,
    kept,
    validation,
  };
  const words = {
    signals: shapeText(model.shape),
    network: `${network}, ${model.network.activation}${settings.batchNorm ? ", batch norm" : ""}`,
    ...(labels !== undefined && { labels: `0 to ${labels - 1}, taken beside the latent` }),
    trained: `${history.length} steps of ${settings.batch} latents, method ${settings.method}, seed ${settings.seed}, ${code}`,
    loss: `${history[0]?.toPrecision(4)} at the start, ${loss.toPrecision(4)} in the mean of the last 50 steps`,
    ...validationWords(trained),
    sketch: `${grouped(sketch.count)} samples, design ${sketch.fingerprint.slice(0, 16)}`,
  };
  return { data, words };
}

/** The course of the loss at frequencies held out; nothing where none were. */
function validationWords({ validation, kept }: TrainedGenerator): { readonly validation?: string } {
  const best = validation.find(({ step }) => step === kept);
  if (!best) return {};
  const from = `${short(validation[0]!.loss)} after step ${validation[0]!.step}`;
  const lowest = `lowest ${short(best.loss)} ± ${short(best.error)} after step ${kept}, whose weights are kept`;
  const last = validation.at(-1)!.step;
  return { validation: `${from}, ${lowest}${kept === last ? "; still falling at the end" : `, of ${last}`}` };
}

export function measurementFacts(measurements: Measurements | SavedMeasurements) {
  const { operator, y, noise, noiseNorm, snr, seed, truth } = measurements;
  const { name, source, inShape, outShape } = operator;
  const count = y.shape[0]!;
  const m = sizeOf(outShape);
  const n = sizeOf(inShape);
  const known = truth !== undefined;
  const { spec, sigma } = noise;
  const data = {
    ...{ count, operator: source?.spec ?? name, shape: inShape, measured: outShape, m, n },
    ...{ noise: spec, sigma, noiseNorm, snr: Number.isFinite(snr) ? snr : null, seed, truth: known },
  };
  const strength = `norm about ${short(noiseNorm)}, SNR ${snr.toFixed(1)} dB`;
  const words = {
    operator: source ? `${name}, seed ${source.seed}` : name,
    signals: `${count} of ${shapeText(inShape)}${known ? ", kept as the truth" : ""}`,
    measured: `${m} numbers a signal (${((100 * m) / n).toFixed(1)} % of ${n})`,
    noise: sigma > 0 ? `${noise.name}, ${strength}` : "none",
  };
  return { data, words };
}

export async function reconstructionFacts({ estimate, errors, facts }: Reconstruction) {
  const { psnr } = await import("../compare/metrics.ts");
  const { summarise } = await import("../compare/summary.ts");
  const [count = 0, ...shape] = estimate.shape;
  const mse = errors && summarise(errors);
  const decibel = errors && summarise(errors.map((e) => psnr(e)));
  const data = {
    ...{ count, shape, ...facts },
    ...(mse && { mse: mse.mean, mseInterval: mse.interval, psnr: decibel!.mean, errors: [...errors] }),
  };
  const { method, solver, operator, noise, lambda, outcome, steps, seconds, by, warnings } = facts;
  const words = {
    signals: `${count} of ${shapeText(shape)}`,
    operator: `${operator}, noise ${noise}`,
    method: `${method}, solver ${solver}${typeof lambda === "number" ? `, λ = ${short(lambda)}` : ""}`,
    ...(by !== undefined && { chosen: String(by) }),
    ended: `${outcome} after ${steps} steps, ${secondsText(Number(seconds))}`,
    ...(warnings !== undefined && { warning: String(warnings) }),
    ...(mse && {
      error: `${short(mse.mean)} per pixel (95 % interval ${mse.interval.map((v) => short(v)).join(" to ")}), PSNR ${decibel!.mean.toFixed(2)} dB`,
    }),
  };
  return { data, words };
}
