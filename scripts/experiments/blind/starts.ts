/** Decibel behind the known kernel up to which a start counts as a success, and behind the best start of its image. */
const [NEAR_KNOWN, NEAR_BEST] = [3, 1];

/**
 * How often one random start is enough: PSNR of every image for so many starts, and which part of them is at most 3 dB below the recovery with the known kernel,
 * and at most 1 dB below the best start of the same image.
 */
export async function startsOf(
  count: number,
  recovered: (seed: number) => Promise<readonly number[]>,
  bound: readonly number[],
) {
  const all: (readonly number[])[] = [];
  for (let seed = 1; seed <= count; seed++) all.push(await recovered(seed));
  const best = bound.map((_, i) => Math.max(...all.map((own) => own[i]!)));
  const rate = (reached: (value: number, image: number) => boolean) =>
    all.flatMap((own) => own.filter(reached)).length / (count * bound.length);
  const [nearKnown, nearBest] = [
    rate((v, i) => v >= bound[i]! - NEAR_KNOWN),
    rate((v, i) => v >= best[i]! - NEAR_BEST),
  ];
  const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
  return {
    text:
      `${count * bound.length} single starts: ${percent(nearKnown)} at most ${NEAR_KNOWN} dB below the known kernel, ` +
      `${percent(nearBest)} at most ${NEAR_BEST} dB below the best of their image; the best: ${best.map((v) => v.toFixed(1)).join(" ")}`,
    data: { nearKnown, nearBest, psnr: all },
  };
}
