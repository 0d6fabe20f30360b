import { InputError, messageOf } from "./errors.ts";
import { fileSize } from "./files.ts";

/** One picture, row by row: [height, width] if it is grey, else [height, width, 3]; numbers in [0, 1]. */
export interface Image {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Bytes of a number in the file: 1 or 2. */
  readonly bytes: number;
}

/** Endings of the names of image files. */
export const imageEndings: readonly string[] = [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"];
export const isImageName = (file: string): boolean => imageEndings.some((end) => file.toLowerCase().endsWith(end));

/** The most pixels of one image. A file of a few kilobytes can unpack to terabytes. */
export const MOST_PIXELS = 2 ** 26;

/** The largest value of a pixel, by libvips' name of its type. */
const largest: Readonly<Record<string, number>> = { uchar: 255, ushort: 65_535 };

/**
 * Reads a PNG, JPEG, TIFF or WebP file with 8 or 16 bits per number, divided by 255 or 65535. A picture whose colours are all grey is
 * read as grey; for JPEG and WebP, colours may differ from grey by rounding. An alpha channel that is opaque everywhere is dropped.
 * Errors (InputError): damaged, transparent, several pages, more than 2^26 pixels (8192 × 8192), other types of numbers.
 */
export async function readImage(file: string): Promise<Image> {
  const { sharp, metadata } = await opened(file);
  const { format, width, height, space, depth, pages = 1, hasAlpha } = metadata;
  if (width * height > MOST_PIXELS) {
    throw new InputError(`${file}: is ${width}×${height}, more than the limit of ${MOST_PIXELS} pixels; cut it up`);
  }
  if (pages > 1) throw new InputError(`${file}: holds ${pages} pictures; save each to a file of its own`);
  const scale = largest[depth];
  if (scale === undefined) throw new InputError(`${file}: has numbers of type ${depth}; save it with 8 or 16 bits`);
  const open = () => sharp(file, { limitInputPixels: MOST_PIXELS });
  try {
    if (hasAlpha && !(await open().stats()).isOpaque) {
      throw new InputError(`${file}: is transparent in places; save it without its alpha channel`);
    }
    const wanted = space === "b-w" || space === "grey16" ? space : scale === 255 ? "srgb" : "rgb16";
    const { data, info } = await open()
      .removeAlpha()
      .toColourspace(wanted)
      .raw({ depth: scale === 255 ? "uchar" : "ushort" })
      .toBuffer({ resolveWithObject: true });
    const own = new Uint8Array(data).buffer;
    const numbers = Float32Array.from(scale === 255 ? new Uint8Array(own) : new Uint16Array(own), (v) => v / scale);
    const size = [info.height, info.width];
    const bytes = scale === 255 ? 1 : 2;
    if (info.channels === 1) return { shape: size, data: numbers, bytes };
    if (!isGrey(numbers, rounding[format] ?? 0)) return { shape: [...size, 3], data: numbers, bytes };
    return { shape: size, data: numbers.filter((_, at) => at % 3 === 0), bytes };
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(file, error);
  }
}

export interface ImageHead {
  readonly size: readonly [height: number, width: number];
  /** Bytes of a number in the file. */
  readonly bytes: number;
}

/** What the head of an image's file says. Errors (InputError): it is no image. */
export async function imageHead(file: string): Promise<ImageHead> {
  const { height, width, depth } = (await opened(file)).metadata;
  return { size: [height, width], bytes: depth === "ushort" ? 2 : 1 };
}

async function opened(file: string) {
  await fileSize(file); // its errors say what is wrong with the path
  const { default: sharp } = await import("sharp");
  sharp.cache(false); // it caches by name: a file that was replaced would be read as it was
  const metadata = await sharp(file, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw unreadable(file, error);
    });
  return { sharp, metadata };
}

/** The picture's numbers as red, green, blue. */
export const colours = ({ shape, data }: Image): Float32Array =>
  shape.length === 3 ? data : Float32Array.from({ length: 3 * data.length }, (_, at) => data[Math.floor(at / 3)]!);

const unreadable = (file: string, error: unknown) =>
  new InputError(`${file}: the image cannot be read (${messageOf(error).replaceAll("\n", " ").trim()})`);

/**
 * The most by which rounding between colour spaces moves the channels of a grey pixel apart: two levels in JPEG, one in a lossy WebP.
 * The other formats keep every level.
 */
const rounding: Readonly<Record<string, number>> = { jpeg: 2.5 / 255, webp: 1.5 / 255 };

function isGrey(data: Float32Array, tolerance: number): boolean {
  for (let at = 0; at < data.length; at += 3) {
    const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!];
    if (Math.max(r, g, b) - Math.min(r, g, b) > tolerance) return false;
  }
  return true;
}
