import { holdsPatch, isImage } from "../image-shape.ts";
import type { ImagePrior } from "../prior.ts";

/** True if signals of this shape are images that the prior has patches of; else why not, as the end of a sentence. */
export function acceptsShape(prior: ImagePrior, shape: readonly number[]): true | string {
  const image = isImage(shape);
  if (image !== true) return image;
  const [, , channels = 1] = shape;
  if (channels !== prior.channels) {
    const [own, given] = prior.channels === 1 ? ["grey", "in colour"] : ["colour", "grey"];
    return `${prior.name} is of ${own} patches, the image is ${given}`;
  }
  return holdsPatch(shape, prior.side);
}
