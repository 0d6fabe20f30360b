import { grouped } from "../src/data/text.ts";

/** How many samples those covariances count for that the covariances of few images were drawn to (`shrunkTowards`); 0 where one stays as sketched. */
export interface Shrunken {
  /** The stationary part of the covariance of all pixels; absent where that is not of few images. */
  readonly added?: number;
  /** The covariance of all images in that of each label; absent without labels. */
  readonly addedToLabels?: readonly number[];
}

/** The same for people: `its stationary part counts for 256 samples; that of all images for 22 to 90 samples in a label`. Undefined where all are as sketched. */
export function shrunkenWords({ added, addedToLabels = [] }: Shrunken): string | undefined {
  const whole = added && `its stationary part counts for ${grouped(Math.round(added))} samples`;
  const [least, most] = [Math.min(...addedToLabels), Math.max(...addedToLabels)].map((v) => grouped(Math.round(v)));
  const range = least === most ? least : `${least} to ${most}`;
  const labels = addedToLabels.some((v) => v > 0) && `that of all images for ${range} samples in a label`;
  return [whole, labels].filter(Boolean).join("; ") || undefined;
}
