import type { Noise } from "./noise/noise.ts";
import { noiseFiles, parseNoise } from "./noise/registry.ts";
import { readArray } from "./read-array.ts";

/** Noise from its spec, as `parseNoise`, with the files that it names opened. Errors (InputError): also those of the files. */
export async function openNoise(spec: string): Promise<Noise> {
  const files = noiseFiles(spec);
  const arrays = await Promise.all(files.map(readArray));
  return parseNoise(spec, Object.fromEntries(files.map((file, i) => [file, arrays[i]!])));
}
