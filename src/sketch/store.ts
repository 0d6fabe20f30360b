import ndarray from "ndarray";
import { sameShape } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import type { NpyArray } from "../data/npy.ts";
import { type Metadata, member, type Npz, requireFormat } from "../data/npz.ts";
import { readNpz, writeNpz } from "../data/npz-file.ts";
import { DESIGN_VERSION, type SketchDesign, sealed, sumShapes } from "./design.ts";
import type { DesignArrays } from "./features.ts";
import { fingerprint } from "./fingerprint.ts";
import { impossiblePart } from "./possible.ts";
import { plausible } from "./private/plausible.ts";
import { PRIVATE_FORMAT, privateSketchIn } from "./private/store.ts";
import { provenanceIn } from "./provenance.ts";
import type { Sketch } from "./sketch.ts";

/** Names and versions of the file formats, as the metadata state them. */
export const DESIGN_FORMAT = { format: "sketchprior-design", version: 1 } as const;
export const SKETCH_FORMAT = { format: "sketchprior-sketch", version: 2 } as const;

const AGAIN = "the file is damaged or was edited, sketch the data again";

/** The names of a design's arrays in a file begin with this. */
const PREFIX = "design.";

/** The names of what sums leave out of the exact ones begin with this. */
const REST = "rest.";

/** Writes a design as .npz: settings and fingerprint in the metadata, the arrays learned from the pilot as `design.*`. */
export async function saveDesign(file: string, design: SketchDesign): Promise<void> {
  await writeNpz(file, { metadata: { ...DESIGN_FORMAT, design: settingsOf(design) }, arrays: prefixed(design.arrays) });
}

/** Reads a design. Errors (InputError): those of `readNpz`, and a fingerprint that does not match the content. */
export async function loadDesign(file: string): Promise<SketchDesign> {
  return designIn(file, await readNpz(file, DESIGN_FORMAT));
}

/**
 * Writes a sketch as .npz: count, design, provenance and a hash of all in the metadata, float64 sums as arrays `fourier.cos`, `second-moments.xx`, …, and what
 * they leave out of the exact sums as `rest.fourier.cos`, …, where that is not 0.
 */
export async function saveSketch(file: string, sketch: Sketch): Promise<void> {
  await writeNpz(file, await sketchContent(sketch, SKETCH_FORMAT));
}

/**
 * Reads a sketch; of a private one, the `plausible` one that its noisy sums tell. Errors (InputError): those of `loadDesign`, missing sums, sums of another shape than the design's, NaN or Inf, a hash that does not match, sums
 * that no data can have (`impossiblePart`).
 */
export async function loadSketch(file: string): Promise<Sketch> {
  const { metadata, arrays } = await readNpz(file);
  if (metadata?.format === PRIVATE_FORMAT.format) return plausible(await privateSketchIn(file, { metadata, arrays }));
  requireFormat(metadata, SKETCH_FORMAT, file);
  return sketchIn(file, { metadata, arrays });
}

/** A sketch as the content of an .npz file. */
export async function sketchContent(sketch: Sketch, metadata: Metadata): Promise<Npz<Metadata>> {
  const { design, count, sums, rest = {}, provenance } = sketch;
  const arrays: Record<string, NpyArray> = {};
  for (const [name, shape] of Object.entries(sumShapes(design))) {
    arrays[name] = ndarray(sums[name]!, [...shape]);
    if (rest[name]) arrays[REST + name] = ndarray(rest[name], [...shape]);
  }
  const facts = { count, ...(provenance && { provenance }), hash: await hashOf(sketch) };
  return {
    metadata: { ...metadata, ...facts, design: settingsOf(design) },
    arrays: { ...arrays, ...prefixed(design.arrays) },
  };
}

/** SHA-256 of a sketch: its count, provenance, design and sums. */
const hashOf = ({ design, count, sums, rest = {}, provenance }: Sketch): Promise<string> => {
  const arrays = [...Object.entries(sums), ...Object.entries(rest).map(([name, own]) => [REST + name, own] as const)];
  return fingerprint(
    { count, ...(provenance && { provenance }), design: design.fingerprint },
    Object.fromEntries(
      arrays.map(([name, { buffer, byteOffset, byteLength }]) => [
        name,
        ndarray(new Uint8Array(buffer, byteOffset, byteLength), [byteLength]),
      ]),
    ),
  );
};

/** Reads and checks the sketch in the content of an .npz file. */
export async function sketchIn(file: string, npz: Npz<Metadata>): Promise<Sketch> {
  const design = await designIn(file, npz);
  const { count } = npz.metadata;
  if (!(typeof count === "number" && Number.isSafeInteger(count) && count > 0)) {
    throw new InputError(`${file}: count must be a positive integer, got ${String(count)}`);
  }
  const sums: Record<string, Float64Array> = {};
  const rest: Record<string, Float64Array> = {};
  for (const [sum, shape] of Object.entries(sumShapes(design))) {
    for (const name of [sum, REST + sum]) {
      if (name !== sum && !npz.arrays[name]) continue;
      const { data, shape: found } = member(npz, name, file);
      if (!sameShape(found, shape)) {
        throw new InputError(`${file}: ${name}: expected numbers of shape [${shape}], got [${found}]; ${AGAIN}`);
      }
      const bad = data.findIndex((v) => !Number.isFinite(v));
      if (bad >= 0) throw new InputError(`${file}: ${name}: holds ${data[bad]} (number ${bad}); ${AGAIN}`);
      (name === sum ? sums : rest)[sum] = Float64Array.from(data);
    }
  }
  const provenance = provenanceIn(file, npz.metadata.provenance);
  const held = Object.keys(rest).length > 0 && { rest };
  const sketch = { design, count, sums, ...held, ...(provenance && { provenance }) };
  const impossible = impossiblePart(sketch);
  if (impossible) throw new InputError(`${file}: ${impossible} is one that no data have; ${AGAIN}`);
  if ((await hashOf(sketch)) !== npz.metadata.hash) {
    throw new InputError(`${file}: the sketch does not match its hash; ${AGAIN}`);
  }
  return sketch;
}

const settingsOf = ({ arrays: _, ...settings }: SketchDesign) => settings;

const prefixed = (arrays: DesignArrays): Record<string, NpyArray> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [PREFIX + name, array]));

async function designIn(file: string, { metadata, arrays }: Npz<Metadata>): Promise<SketchDesign> {
  const stored = metadata.design as Omit<SketchDesign, "arrays"> | undefined;
  if (!stored) throw new InputError(`${file}: holds no design; the file is damaged`);
  const { fingerprint, ...settings } = stored;
  if (settings.version !== DESIGN_VERSION) {
    const next = settings.version < DESIGN_VERSION ? "sketch the data again" : "update sketchprior";
    throw new InputError(
      `${file}: its design has version ${settings.version}, this sketchprior reads version ${DESIGN_VERSION}; ${next}`,
    );
  }
  const own = Object.entries(arrays).filter(([name]) => name.startsWith(PREFIX));
  const floats = own.map(([name, { data, shape }]) => [
    name.slice(PREFIX.length),
    ndarray(Float32Array.from(data), shape),
  ]);
  const design = await sealed({ ...settings, arrays: Object.fromEntries(floats) });
  if (design.fingerprint !== fingerprint) {
    throw new InputError(`${file}: the design does not match its fingerprint; the file is damaged or was edited`);
  }
  return design;
}
