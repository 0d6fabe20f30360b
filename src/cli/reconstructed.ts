import path from "node:path";
import type { NdArray } from "ndarray";
import type { MeasuredPicture } from "../compare/measured-picture.ts";
import type { Reconstruction } from "../compare/reconstruction.ts";
import { InputError } from "../data/errors.ts";
import type { ValueRange } from "../data/range.ts";

export interface Shown extends MeasuredPicture {
  /** The values shown as black and white; default: the range of images, or the estimate's own. */
  readonly range?: ValueRange;
}

/** What -o asks for: the files to write, and how to write them. `write` returns facts about them to print. */
export interface Output {
  readonly files: readonly string[];
  /** Checks before long work that the files can hold signals of this shape. Errors (InputError): they cannot. */
  check(shape: readonly number[]): Promise<void>;
  write(made: Reconstruction, shown: Shown): Promise<Readonly<Record<string, string>>>;
}

/**
 * The output of a reconstruction, by the end of the file's name. An .npz holds everything that is known; if uncertainty was asked for, a
 * PNG panel is written beside it. .npy files and images hold the estimate alone.
 * Errors (InputError): another end, or uncertainty was asked for in a file that cannot hold it.
 */
export async function outputOf(file: string, uncertain: boolean): Promise<Output> {
  const extension = path.extname(file).toLowerCase();
  const anyShape = async () => {};
  if (extension === ".npz") {
    const panel = uncertain ? [`${file.slice(0, -extension.length)}.png`] : [];
    const write: Output["write"] = (made, shown) => writeAll(file, panel[0], made, shown);
    return { files: [file, ...panel], check: anyShape, write };
  }
  const { imageFormat, imageFormats } = await import("../report/image-file.ts");
  const isImage = imageFormat(file) !== undefined;
  if (!isImage && extension !== ".npy") {
    throw new InputError(`${file}: expected a name that ends in .npz, .npy, ${imageFormats.join(", ")}`);
  }
  if (uncertain) {
    throw new InputError(
      `${file}: holds the estimate alone; with --deviation or --samples write a .npz, which gets a picture beside it`,
    );
  }
  if (!isImage) return { files: [file], check: anyShape, write: ({ estimate }) => writeArray(file, estimate) };
  return {
    files: [file],
    check: async (shape) => {
      const { isPictureShape } = await import("../report/picture.ts");
      if (isPictureShape(shape)) return;
      throw new InputError(
        `${file}: signals of [${shape.join(", ")}] are no images; write a .npy or .npz file instead`,
      );
    },
    write: ({ estimate }, { range }) => writePicture(file, estimate, range),
  };
}

/** Prepares both files before it writes the first. Signals that are neither images nor lines get no picture. */
async function writeAll(file: string, panel: string | undefined, made: Reconstruction, shown: Shown) {
  const { saveReconstruction } = await import("../compare/reconstruction.ts");
  const { isPictureShape } = await import("../report/picture.ts");
  const shape = made.estimate.shape.slice(1);
  const picture =
    panel !== undefined && (shape.length === 1 || isPictureShape(shape)) ? await drawn(made, shown) : undefined;
  await saveReconstruction(file, made);
  if (panel === undefined || !picture) return {};
  const { writeAtomic } = await import("../data/files.ts");
  await writeAtomic(panel, picture);
  return { picture: panel };
}

async function drawn({ facts, errors: _, ...signals }: Reconstruction, shown: Shown): Promise<Uint8Array> {
  const { recoveryPanel } = await import("../report/recovery-panel.ts");
  return recoveryPanel({ title: `${facts.method}, ${facts.operator}, noise ${facts.noise}`, ...signals, ...shown });
}

async function writeArray(file: string, estimate: NdArray<Float32Array>) {
  const { encodeNpy } = await import("../data/npy.ts");
  const { writeAtomic } = await import("../data/files.ts");
  await writeAtomic(file, encodeNpy(estimate));
  return {};
}

async function writePicture(file: string, estimate: NdArray<Float32Array>, range: ValueRange | undefined) {
  const { writeImage } = await import("../report/image-file.ts");
  const { greyRange } = await import("../report/picture.ts");
  const { short } = await import("../report/table.ts");
  const levels = range ?? greyRange(estimate);
  await writeImage(file, estimate, { range: levels });
  return { levels: `${short(levels[0])} is black, ${short(levels[1])} is white` };
}
