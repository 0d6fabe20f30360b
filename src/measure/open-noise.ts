import { readArray } from "../data/read-array.ts";
import type { Noise } from "./noise/noise.ts";
import { noiseFiles, parseNoise } from "./noise/registry.ts";

/** Noise from its spec, as `parseNoise`, with the files that it names opened. Errors (InputError): also those of the files. */
export async function openNoise(spec: string): Promise<Noise> {
  const files = noiseFiles(spec);
  const arrays = await Promise.all(files.map((file) => readArray(file)));
  return parseNoise(spec, Object.fromEntries(files.map((file, i) => [file, arrays[i]!])));
}
