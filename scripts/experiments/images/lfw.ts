import path from "node:path";
import ndarray from "ndarray";
import { contiguous, type HostArray } from "../../../src/data/array.ts";
import { decodeNpy, InputError, readFileOrExplain } from "../../../src/data/index.ts";
import { partOf } from "./held-out.ts";
import type { ImageSource } from "./source.ts";

const FACES = 100;
const SIDE = 25;

/** Faces of LFW (Huang et al. 2007): the first 100 images of lfw_subset.npy, [200, 25, 25], of scikit-image. The others are no faces. */
export const lfw: ImageSource = {
  summary: "80 and 20 faces, 25 × 25; skimage/data/lfw_subset.npy of scikit-image",
  colour: false,
  read: async (folder, options) => {
    const file = path.join(folder, "lfw_subset.npy");
    const array = decodeNpy(await readFileOrExplain(file), file);
    const numbers = contiguous(array as HostArray).subarray(0, FACES * SIDE ** 2);
    if (array.shape.join() !== `200,${SIDE},${SIDE}` || !numbers.every((v) => v >= 0 && v <= 1)) {
      throw new InputError(`${file}: expected numbers from 0 to 1, [200, 25, 25], got [${array.shape.join(", ")}]`);
    }
    const faces = Uint8Array.from(numbers, (v) => Math.round(255 * v));
    return { images: partOf(ndarray(faces, [FACES, SIDE, SIDE]), options) };
  },
};
