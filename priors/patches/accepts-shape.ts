import type { ImagePrior } from "../prior.ts";

/** True if signals of this shape are images that the prior has patches of; else why not, as the end of a sentence. */
export function acceptsShape(prior: ImagePrior, shape: readonly number[]): true | string {
  const [height = 0, width = 0, channels = 1] = shape;
  if (!(shape.length === 2 || (shape.length === 3 && channels === 3))) {
    return `signals of [${shape.join(", ")}] are no images`;
  }
  if (channels !== prior.channels) {
    const [own, given] = prior.channels === 1 ? ["grey", "in colour"] : ["colour", "grey"];
    return `${prior.name} is of ${own} patches, the image is ${given}`;
  }
  if (Math.min(height, width) >= prior.side) return true;
  return `the image of ${width}×${height} is smaller than a patch of ${prior.side}×${prior.side}`;
}
