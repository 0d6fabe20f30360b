import type { ScaleDiagnosis } from "../sketch/index.ts";
import { across, frame, linearAxis, logAxis, plotted, upwards } from "./axes.ts";
import type { Figure } from "./figure.ts";
import { dots, line, text } from "./svg.ts";

/** The most dots. More would hide each other. */
const MOST_DOTS = 3000;

/**
 * The moduli |z| of a sketch's moments (0 to 1) against the norms |ω| of their frequencies (logarithmic); a line marks the
 * noise 1/√n.
 */
export function moduliFigure(title: string, { norms, moduli, noise, count, words }: ScaleDiagnosis): Figure {
  const every = Math.ceil(norms.length / MOST_DOTS);
  const shown = Array.from(norms, (r, j) => ({ r, z: moduli[j]! })).filter(({ r }, j) => j % every === 0 && r > 0);
  const logs = shown.map(({ r }) => Math.log10(r));
  const low = Math.floor(logs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) * 2) / 2;
  const high = Math.max(low + 0.5, Math.ceil(logs.reduce((a, b) => Math.max(a, b), low) * 2) / 2);
  const x = logAxis(low, high, across(), "|ω|");
  const y = linearAxis(0, 1, upwards(), "|z|");
  const level = y.place(noise);
  return {
    title,
    words: `Scales: ${words}.`,
    drawing: plotted("modulus of each moment against its frequency's norm", x, y, [
      dots(
        "s0",
        shown.map(({ r, z }) => [x.place(r), y.place(z)]),
      ),
      line("s1", [
        [frame.left, level],
        [frame.right, level],
      ]),
      text([frame.right - 4, level - 6], "noise", { style: "s1", anchor: "end" }),
    ]),
    caption:
      `Modulus of each moment against the norm of its frequency, ${count} samples. Orange: the noise 1/√n. ` +
      "Moments near 1 see all samples as one point; moments at the noise see nothing that the samples share.",
  };
}
