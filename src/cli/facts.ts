import { stat } from "node:fs/promises";
import type { Reconstruction } from "../compare/reconstruction.ts";
import { sizeOf } from "../data/array.ts";
import type { Dataset } from "../data/rows.ts";
import type { Measurements, SavedMeasurements } from "../measure/index.ts";
import { short } from "../report/table.ts";
import type { Provenance, Sketch, SketchDesign, Source } from "../sketch/index.ts";
import { bytesText, counted, grouped, shapeText } from "./text.ts";

/** A design in words and as data. */
export async function designFacts(design: SketchDesign) {
  const [{ familyOf }, { sketchSize, sketchSizeData, sketchSizeText, unseenOfDesign }] = await Promise.all([
    import("../sketch/families/index.ts"),
    import("../sketch/index.ts"),
  ]);
  const { features, shape, fingerprint, families, labels, poses } = design;
  const size = sketchSizeData(sketchSize(design));
  const data = {
    shape,
    features: features.kind === "pca" ? `pca:${features.components}` : "raw",
    families: families.map((family) => familyOf(family.kind).told?.(family) ?? family),
    ...(poses && { poses }),
    ...(labels !== undefined && { labels }),
    ...{ block: design.block, fingerprint, size },
  };
  const words: Record<string, string> = { samples: shapeText(shape), features: data.features };
  if (poses) words.aligned = `by ${poses.slants.length} slants and ${poses.widths.length} widths`;
  for (const family of families) {
    const { title, describe } = familyOf(family.kind);
    words[title] = describe(family);
  }
  const unseen = unseenOfDesign(design);
  if (unseen) words.unseen = unseen;
  if (labels !== undefined) words.labels = `0 to ${labels - 1}, each summed apart`;
  words.blocks = `${design.block} samples are summed together`;
  words.fingerprint = fingerprint.slice(0, 16);
  words.holds = sketchSizeText(size);
  words.bytes = bytesWords(size.bytes);
  return { data, words };
}

const bytesWords = ({ sums, design, all }: { readonly sums: number; readonly design: number; readonly all: number }) =>
  `${bytesText(all)} (${bytesText(sums)} of sums + ${bytesText(design)} of the design)`;

/**
 * A sketch in words and as data. `dataset` is the data set that it is a sketch of, or of a part of, where that is known; a part of n of
 * its N samples is n/N of its bytes.
 */
export async function sketchFacts({ design, count, provenance }: Sketch, dataset?: Dataset) {
  const { data, words } = await designFacts(design);
  const from = provenance && (await provenanceFacts(provenance));
  const { numbers, bytes } = data.size;
  const held = count * sizeOf(design.shape);
  const stored = await dataset?.stored?.();
  const raw = dataset && stored && Math.round((stored.raw * count) / dataset.count);
  const files = stored?.files;
  return {
    data: {
      count,
      ...data,
      ...(provenance && { provenance }),
      ...(raw !== undefined && { dataBytes: { raw, ...(files !== undefined && { files }) } }),
    },
    words: {
      ...words,
      samples: `${grouped(count)} of ${words.samples}`,
      ...from,
      holds: `${words.holds}, ${partOf(numbers, held)} the ${grouped(held)} that were sketched`,
      ...(raw !== undefined && {
        bytes: `${words.bytes}, ${partOf(bytes.all, raw)} the ${bytesText(raw)} that were sketched${onDisk(files)}`,
      }),
    },
  };
}

/** Which rows of which data a sketch is of, in words. */
async function provenanceFacts({ sources, tools }: Provenance) {
  const { seamsOf } = await import("../sketch/index.ts");
  const seams = seamsOf({ sources, tools });
  const rowsOf = ({ name, rows, ranges }: Source) =>
    `${ranges.map(({ from, to }) => `${from} to ${to}`).join(", ")} of ${name} (${grouped(rows)})`;
  return {
    rows: sources.map(rowsOf).join("; "),
    ...(seams.length > 0 && {
      bits: `those of one pass up to float32 rounding: parts meet inside a block at ${seams.slice(0, 5).join(", ")}${seams.length > 5 ? ", …" : ""}`,
    }),
    made: tools.join(", "),
  };
}

/** A size beside another: `1/25 of`, or `1.2 times`. */
const partOf = (size: number, whole: number): string =>
  size < whole ? `1/${short(whole / size, 2)} of` : `${short(size / whole, 2)} times`;

/** What the files of a data set take. */
const onDisk = (files: number | undefined): string =>
  files === undefined ? "" : ` (all its files, as they are on disk: ${bytesText(files)})`;

/** The bytes of a data set in words and as data; undefined where it is kept nowhere. */
export async function storedFacts(dataset: Dataset) {
  const stored = await dataset.stored?.();
  if (!stored) return undefined;
  return { words: `${bytesText(stored.raw)} unpacked${onDisk(stored.files)}`, data: stored };
}

export const hasFourierMoments = ({ design }: Sketch): boolean =>
  design.families.some(({ kind }) => kind === "fourier");

/** Whether the scales of a sketch suit its data, in words and as data. Empty for a sketch without Fourier moments. */
export async function scaleFacts(sketch: Sketch) {
  if (!hasFourierMoments(sketch)) return { data: {}, words: {} };
  const { diagnoseScale } = await import("../sketch/index.ts");
  const { verdict, nearOne, atNoise, noise, words } = diagnoseScale(sketch);
  return { data: { scale: { verdict, nearOne, atNoise, noise } }, words: { scales: words } };
}

export const sizeText = async (file: string): Promise<string> => bytesText((await stat(file)).size);

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

export async function reconstructionFacts({ estimate, errors, facts, part }: Reconstruction) {
  const { psnr } = await import("../compare/metrics.ts");
  const { summarise } = await import("../compare/summary.ts");
  const [count = 0, ...shape] = estimate.shape;
  const mse = errors && summarise(errors);
  const decibel = errors && summarise(errors.map((e) => psnr(e)));
  const data = {
    ...{ count, shape, ...facts },
    ...(part && { part: { signals: part.signals, from: part.from, to: part.to } }),
    ...(mse && { mse: mse.mean, mseInterval: mse.interval, psnr: decibel!.mean, errors: [...errors] }),
  };
  const {
    method,
    solver,
    operator,
    noise,
    sigma,
    sigmaGiven,
    sigmaRaisedIn,
    clipped,
    lambda,
    outcome,
    steps,
    by,
    warnings,
  } = facts;
  /** A number, or the texts of batches that differ. */
  const inWords = (value: unknown): string => (typeof value === "number" ? short(value) : String(value));
  const words = {
    signals: `${count} of ${shapeText(shape)}${part ? `, a part: ${part.from} to ${part.to - 1} of ${part.signals}` : ""}`,
    operator: `${operator}, noise ${noise}`,
    method: `${method}, solver ${solver}${typeof lambda === "number" ? `, λ = ${short(lambda)}` : ""}`,
    ...(sigmaGiven !== undefined && {
      σ: `raised from ${inWords(sigmaGiven)} to ${inWords(sigma)} in ${sigmaRaisedIn} measurements of each signal, the solver's floor`,
    }),
    ...(by !== undefined && { chosen: String(by) }),
    ended: `${outcome} after ${steps} ${steps === 1 ? "step" : "steps"}`,
    ...(clipped !== undefined && {
      clipped: `${clipped} of ${counted(count, "signal")}, to the range that the solver did not keep to`,
    }),
    ...(warnings !== undefined && { warning: String(warnings) }),
    ...(mse && {
      error: `${short(mse.mean)} per pixel${count > 1 ? ` (95 % interval ${mse.interval.map((v) => short(v)).join(" to ")})` : ""}, PSNR ${decibel!.mean.toFixed(2)} dB`,
    }),
  };
  return { data, words };
}
