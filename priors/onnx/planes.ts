/** Which channels of an image a network takes at a time: a grey one takes those of a colour image one by one. */
export interface Taken {
  readonly own: number;
  readonly first: number;
  readonly channels: number;
}

/** Those channels of [rows, columns, own], as [channels, rows, columns]. */
export function planes(image: Float32Array, { own, first, channels }: Taken): Float32Array {
  const pixels = image.length / own;
  return Float32Array.from(
    { length: channels * pixels },
    (_, at) => image[(at % pixels) * own + first + Math.floor(at / pixels)]!,
  );
}

export function put(image: Float32Array, made: Float32Array, { own, first, channels }: Taken): void {
  const pixels = image.length / own;
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < pixels; p++) image[p * own + first + c] = made[c * pixels + p]!;
  }
}
