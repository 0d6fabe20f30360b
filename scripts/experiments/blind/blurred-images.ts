import type { NdArray } from "ndarray";
import { convolution } from "../../../operators/convolution.ts";
import { fromHost } from "../../../src/data/array.ts";
import { InputError } from "../../../src/data/errors.ts";
import { imageSource } from "../../../src/data/image-source.ts";
import { openDataset } from "../../../src/data/index.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import { takeRows } from "../../../src/solve/rows.ts";

type Floats = NdArray<Float32Array>;

export interface BlurredOptions {
  readonly images: string;
  readonly from: number;
  readonly crop: number | undefined;
  readonly noise: number;
}

/** Images x and y = k ∗ x + w, each with its own kernel, [images, h, w]. With `crop`, the middle of both: then what lies outside y is unknown, as of a photograph. */
export async function blurredImages(
  { images, from, crop, noise }: BlurredOptions,
  kernels: Floats,
  seed: number,
): Promise<{ readonly truth: Floats; readonly y: Floats }> {
  const source = await imageSource(images, (spec) => openDataset(spec));
  if (source.channels !== 1) throw new InputError(`${images}: is in colour; give grey images`);
  const random = stream(seed, "experiment", "blind", "noise");
  const [truth, y]: [Floats[], Floats[]] = [[], []];
  for (let row = 0; row < kernels.shape[0]!; row++) {
    const [h, w] = source.sizes[from + row]!;
    const data = await source.read(from + row);
    const x = fromHost(Float32Array.from(data), [1, h, w]);
    const kernel = fromHost(takeRows(kernels, [row]).data, kernels.shape.slice(1));
    const { forward } = convolution({ inShape: [h, w], kernel });
    const blur = await compile((given: { x: Parameters<typeof forward>[0] }) => forward(given.x), { x });
    const blurred = (await blur.run({ x }).finally(blur.dispose)) as Floats;
    const size = crop === undefined ? ([h, w] as const) : ([Math.min(h, crop), Math.min(w, crop)] as const);
    truth.push(middle(x, size));
    y.push(middle(blurred, size));
  }
  const noisy = joined(y);
  return {
    truth: joined(truth),
    y: fromHost(
      noisy.data.map((v) => v + noise * random.normal()),
      noisy.shape,
    ),
  };
}

/** The middle [h, w] of an image [1, …, …]. */
function middle(image: Floats, [h, w]: readonly [number, number]): Floats {
  const [, height, width] = image.shape as [number, number, number];
  const [top, left] = [(height - h) >> 1, (width - w) >> 1];
  const out = new Float32Array(h * w);
  for (let i = 0; i < h; i++)
    out.set(image.data.subarray((top + i) * width + left, (top + i) * width + left + w), i * w);
  return fromHost(out, [h, w]);
}

/** Images of one size as a batch. Errors (InputError): they differ in size. */
function joined(images: readonly Floats[]): Floats {
  const [h, w] = images[0]!.shape as [number, number];
  if (images.some(({ shape }) => shape[0] !== h || shape[1] !== w)) {
    throw new InputError("images: they differ in size; give --crop, of at most the smallest side");
  }
  const out = new Float32Array(images.length * h * w);
  for (const [row, { data }] of images.entries()) out.set(data, row * h * w);
  return fromHost(out, [images.length, h, w]);
}
