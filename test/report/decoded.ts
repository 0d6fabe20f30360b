import sharp from "sharp";

/** An image file's pixels with the channels that the file has, `at` one of them. */
export async function decoded(bytes: Uint8Array) {
  const file = await sharp(bytes).metadata();
  const image = sharp(bytes).toColourspace(file.channels === 1 ? "b-w" : "srgb");
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const at = (x: number, y: number) => [...data.subarray(channels * (y * width + x), channels * (y * width + x + 1))];
  return { width, height, channels, data, at };
}
