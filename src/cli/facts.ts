import { stat } from "node:fs/promises";
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
