import path from "node:path";
import type { NdArray } from "ndarray";
import type { Sharp } from "sharp";
import { InputError } from "../data/errors.ts";
import { writeAtomic } from "../data/files.ts";
import { type GridOptions, grid, isPictureShape, type Levels, type Picture, pictures } from "./picture.ts";

/** How pictures are encoded, by the end of a file's name: 8 bits per channel, without loss except for JPEG. */
const encoders = {
  ".png": (image: Sharp) => image.png(),
  ".jpg": (image: Sharp) => image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  ".jpeg": (image: Sharp) => image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  ".tif": (image: Sharp) => image.tiff({ compression: "lzw" }),
  ".tiff": (image: Sharp) => image.tiff({ compression: "lzw" }),
  ".webp": (image: Sharp) => image.webp({ lossless: true }),
} as const;

export type ImageFormat = keyof typeof encoders;

/** The ends of the names of image files that can be written. */
export const imageFormats = Object.keys(encoders) as readonly ImageFormat[];

/** The image format that a file's name asks for, undefined for another name. */
export function imageFormat(file: string): ImageFormat | undefined {
  const extension = path.extname(file).toLowerCase();
  return imageFormats.find((format) => format === extension);
}

/** The bytes of an image file of one picture. */
export async function encodePicture(picture: Picture, format: ImageFormat = ".png"): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp"); // a native library, loaded only when a picture is written
  const { width, height, channels, pixels } = picture;
  const image = sharp(pixels, { raw: { width, height, channels } });
  return encoders[format](channels === 1 ? image.toColourspace("b-w") : image).toBuffer();
}

export const pngDataUri = async (picture: Picture): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await encodePicture(picture)).toString("base64")}`;

/** A PNG file with a batch of images [n, h, w] or [n, h, w, 3] in rows, values in [0, 1]. */
export const gridPng = (images: NdArray<Float32Array>, options?: GridOptions): Promise<Uint8Array> =>
  encodePicture(grid(pictures(images), options));

/** The bytes that `writeImage` writes. */
export function encodeImage(
  signals: NdArray<Float32Array>,
  format: ImageFormat,
  { range = [0, 1], ...options }: { readonly range?: Levels } & GridOptions = {},
): Promise<Uint8Array> {
  const made = pictures(signals, range);
  return encodePicture(made.length === 1 ? made[0]! : grid(made, options), format);
}

/**
 * Writes signals [n, h, w], [n, h, w, 1] or [n, h, w, 3] as an image with 8 bits per channel. The end of the name determines the format.
 * One signal is written pixel for pixel, several as a grid. `range` holds the values that become 0 and 255, and values beyond it are cut
 * off; default [0, 1].
 * Errors (InputError): another end, signals of other shapes.
 */
export async function writeImage(
  file: string,
  signals: NdArray<Float32Array>,
  options: { readonly range?: Levels } & GridOptions = {},
): Promise<void> {
  const format = imageFormat(file);
  if (!format) throw new InputError(`${file}: expected a name that ends in ${imageFormats.join(", ")}`);
  const shape = signals.shape.slice(1);
  if (!isPictureShape(shape)) {
    throw new InputError(`${file}: signals of [${shape.join(", ")}] are no images; write a .npy or .npz file instead`);
  }
  await writeAtomic(file, await encodeImage(signals, format, options));
}
