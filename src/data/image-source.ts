import { InputError } from "./errors.ts";
import { fileSize, isFolder } from "./files.ts";
import { type ImageHead, imageEndings, imageHead, isImageName, readImage } from "./image.ts";
import { areInColour, imagesIn, numbersAs } from "./images.ts";
import type { ImageSource } from "./patches.ts";
import { type Dataset, readRows } from "./rows.ts";

/**
 * The images of an image file, of a folder of images (and of its sub-folders), which may differ in size, or of a data set that `open`
 * opens. They are in colour if one of the first 16 is; grey ones among them count as colour.
 * Errors (InputError): no images; a colour image after 16 grey ones; samples that are no images [h, w] or [h, w, 3].
 */
export async function imageSource(spec: string, open: (spec: string) => Promise<Dataset>): Promise<ImageSource> {
  if (isImageName(spec)) return fileSource(spec, [spec]);
  if (!(await isFolder(spec))) return datasetSource(await open(spec));
  const { here, classes } = await imagesIn(spec);
  const files = [...here, ...classes.flatMap((inner) => inner.files)];
  if (files.length === 0)
    throw new InputError(`${spec}: holds no images (${imageEndings.join(", ")}), nor do its sub-folders`);
  return fileSource(spec, files);
}

async function fileSource(name: string, files: readonly string[]): Promise<ImageSource> {
  const heads: ImageHead[] = [];
  for (const file of files) heads.push(await imageHead(file));
  const colour = await areInColour(files);
  const channels = colour ? 3 : 1;
  return {
    ...{ name, channels },
    sizes: heads.map(({ size }) => size),
    read: async (index) => numbersAs(colour, await readImage(files[index]!), files[index]!),
    stored: async () => {
      const packed = await Promise.all(files.map((file) => fileSize(file)));
      const raw = heads.reduce((sum, { size: [height, width], bytes }) => sum + height * width * channels * bytes, 0);
      return { raw, files: packed.reduce((a, b) => a + b, 0) };
    },
  };
}

function datasetSource(dataset: Dataset): ImageSource {
  const { name, count, shape } = dataset;
  const [height = 0, width = 0, channels = 1, ...rest] = shape;
  if (width === 0 || rest.length > 0 || (channels !== 1 && channels !== 3)) {
    throw new InputError(
      `patches: ${name} holds samples of shape [${shape}], expected images, [h, w] or [h, w, 3]; give --shape`,
    );
  }
  return {
    ...{ name, channels },
    sizes: new Array<readonly [number, number]>(count).fill([height, width]),
    read: async (index) => (await readRows(dataset, index, index + 1)).data,
    ...(dataset.stored && { stored: dataset.stored }),
  };
}
