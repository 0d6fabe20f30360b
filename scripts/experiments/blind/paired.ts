import { average } from "../../../src/compare/summary.ts";
import { wilcoxonSignedRank } from "../../../src/compare/wilcoxon.ts";

/** PSNR of one method for every image. */
export interface Scored {
  readonly name: string;
  readonly each: readonly { readonly psnr: number }[];
}

/** By how much one method is ahead of another in dB, on how many images, and p of Wilcoxon's signed-rank test. */
export function paired(one: Scored, other: Scored) {
  const differences = one.each.map(({ psnr }, i) => psnr - other.each[i]!.psnr);
  const [mean, ahead, { p }] = [
    average(differences),
    differences.filter((d) => d > 0).length,
    wilcoxonSignedRank(differences),
  ];
  return {
    text: `${one.name}: ${mean.toFixed(2)} dB above ${other.name}, ahead on ${ahead} of ${differences.length}, p = ${p.toPrecision(2)}`,
    data: { one: one.name, other: other.name, mean, ahead, p },
  };
}
