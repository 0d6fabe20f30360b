/** True if signals of this shape are grey images or images in colour; else why not, as the end of a sentence. */
export const isImage = (shape: readonly number[]): true | string =>
  shape.length === 2 || (shape.length === 3 && shape[2] === 3) || `signals of [${shape.join(", ")}] are no images`;

/** True if an image holds a patch of side² pixels; else why not, as the end of a sentence. */
export function holdsPatch([height = 0, width = 0]: readonly number[], side: number): true | string {
  if (Math.min(height, width) >= side) return true;
  return `the image of ${width}×${height} is smaller than a patch of ${side}×${side}`;
}
