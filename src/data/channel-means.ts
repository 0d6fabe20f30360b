/** Takes the mean of every channel from each of some samples of d numbers, in place; returns the means, [samples, channels]. */
export function takeMeans(data: Float32Array, d: number, channels: number): Float32Array {
  const means = new Float32Array((data.length / d) * channels);
  for (let from = 0, at = 0; from < data.length; from += d) {
    for (let c = 0; c < channels; c++, at++) {
      let sum = 0;
      for (let i = from + c; i < from + d; i += channels) sum += data[i]!;
      const mean = (sum * channels) / d;
      for (let i = from + c; i < from + d; i += channels) data[i]! -= mean;
      means[at] = mean;
    }
  }
  return means;
}
