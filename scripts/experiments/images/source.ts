import type { NdArray } from "ndarray";

/** Images of one size. */
export interface ImageSet {
  /** [n, height, width] grey, [n, height, width, 3] in colour. */
  readonly images: NdArray<Uint8Array>;
  /** [n]; absent where none are known, or more than a byte can tell apart. */
  readonly labels?: Uint8Array;
}

export interface SourceOptions {
  /** The images that are held out, in place of the others. */
  readonly test: boolean;
  /** Colours as one channel. */
  readonly grey: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Published images and where they come from. */
export interface ImageSource {
  readonly summary: string;
  /** Whether its images have colours. */
  readonly colour: boolean;
  /** Reads the unpacked package in `folder`. Errors (InputError): a file that is missing or not as published, by name. */
  read(folder: string, options: SourceOptions): Promise<ImageSet>;
}
