import { InputError } from "./errors.ts";

/** Square windows of `side` pixels on images [height, width, channels]. Their corners lie on a grid of half a side. */
export interface WindowSizes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly side: number;
}

/** A window, or the part of it that is inside the image. */
export interface Window {
  /** The numbers of an image that it holds. */
  readonly pixels: Int32Array;
  /** Which numbers of a whole window these are. */
  readonly inside: Int32Array;
  /** The nearest of the places of `windowPlaces`. */
  readonly place: number;
}

/** Numbers of a window, d. */
export const windowNumbers = ({ side, channels }: WindowSizes): number => side * side * channels;

/** Errors (InputError): signals that are no images, a side that is odd, below 4, or larger than the image. */
export function windowSizes(shape: readonly number[], side: number): WindowSizes {
  const [height = 0, width, channels = 1] = shape;
  if (width === undefined || shape.length > 3) {
    throw new InputError(`windows: expected images [h, w] or [h, w, channels], got signals of [${shape.join(", ")}]`);
  }
  if (!(Number.isInteger(side) && side >= 4 && side % 2 === 0 && side <= Math.min(height, width))) {
    throw new InputError(
      `windows: side: expected an even number of pixels from 4 to ${Math.min(height, width)}, the image's, got ${side}`,
    );
  }
  return { height, width, channels, side };
}

/** Every half side from 0 on, and the last place inside. */
function cornersAlong(length: number, side: number): number[] {
  const corners: number[] = [];
  for (let at = 0; at < length - side; at += side / 2) corners.push(at);
  return [...corners, length - side];
}

/** The corners (row, column) of all windows that are inside an image, every half side: where their moments are summed. */
export function windowPlaces({ height, width, side }: WindowSizes): (readonly [number, number])[] {
  const columns = cornersAlong(width, side);
  return cornersAlong(height, side).flatMap((y) => columns.map((x) => [y, x] as const));
}

/** The numbers of the window at a corner, row by row, its channels together; those outside of the image are left out. */
function windowAt([top, left]: readonly [number, number], { height, width, channels, side }: WindowSizes) {
  const [pixels, inside]: [number[], number[]] = [[], []];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [row, column] = [top + y, left + x];
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      for (let c = 0; c < channels; c++) {
        pixels.push((row * width + column) * channels + c);
        inside.push((y * side + x) * channels + c);
      }
    }
  }
  return { pixels: Int32Array.from(pixels), inside: Int32Array.from(inside) };
}

/** The numbers of the windows of `windowPlaces`, one after the other, [places · side² · channels]. */
export function numbersOfWindows(sizes: WindowSizes): Int32Array {
  const d = windowNumbers(sizes);
  const places = windowPlaces(sizes);
  const out = new Int32Array(places.length * d);
  for (const [p, corner] of places.entries()) out.set(windowAt(corner, sizes).pixels, p * d);
  return out;
}

/**
 * Four tilings of an image by windows, shifted by half a side along each axis, along both and along none. Each holds every pixel once: windows that
 * reach out of the image are cut.
 */
export function windowTilings(sizes: WindowSizes): Window[][] {
  const { height, width, side } = sizes;
  const places = windowPlaces(sizes);
  const along = (length: number, shift: number) => {
    const corners: number[] = [];
    for (let at = shift === 0 ? 0 : shift - side; at < length; at += side) corners.push(at);
    return corners;
  };
  const nearest = (y: number, x: number) => {
    const away = places.map(([row, column]) => Math.abs(row - y) + Math.abs(column - x));
    return away.indexOf(Math.min(...away));
  };
  return [0, side / 2].flatMap((down) =>
    [0, side / 2].map((right) =>
      along(height, down).flatMap((y) =>
        along(width, right).map((x) => ({ ...windowAt([y, x], sizes), place: nearest(y, x) })),
      ),
    ),
  );
}
