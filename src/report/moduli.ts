import type { ScaleDiagnosis } from "../sketch/index.ts";
import { escapeHtml } from "./escape.ts";
import { stylesheet } from "./style.ts";

const WIDTH = 640;
const HEIGHT = 400;
const frame = { left: 56, right: 12, top: 12, bottom: 46 };
/** Dots beyond this many hide each other. */
const MOST_DOTS = 3000;

/**
 * The moduli |z| of a sketch's moments (0 to 1) against the norms |ω| of their frequencies (logarithmic), as inline SVG; a line
 * marks the noise 1/√n.
 */
export function moduliPlot({ norms, moduli, noise }: ScaleDiagnosis): string {
  const every = Math.ceil(norms.length / MOST_DOTS);
  const shown = Array.from(norms, (r, j) => ({ r, z: moduli[j]! })).filter(({ r }, j) => j % every === 0 && r > 0);
  const logs = shown.map(({ r }) => Math.log10(r));
  const low = Math.floor(logs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) * 2) / 2;
  const high = Math.max(low + 0.5, Math.ceil(logs.reduce((a, b) => Math.max(a, b), low) * 2) / 2);
  const bottom = HEIGHT - frame.bottom;
  const right = WIDTH - frame.right;
  const x = (log: number) => (frame.left + ((log - low) / (high - low)) * (right - frame.left)).toFixed(1);
  const y = (z: number) => (bottom - z * (bottom - frame.top)).toFixed(1);
  const ticks = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, i) => Math.ceil(low) + i);
  const dots = shown.map(({ z }, i) => `M${x(logs[i]!)} ${y(z)}h.01`).join("");
  const label = (at: string, level: number | string, text: string, anchor = "middle") =>
    `<text x="${at}" y="${level}" text-anchor="${anchor}">${text}</text>`;
  return [
    `<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="modulus of each moment against its frequency's norm">`,
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (z) =>
        `<path class="grid" d="M${frame.left} ${y(z)}H${right}"/>${label(String(frame.left - 8), y(z), String(z), "end")}`,
    ),
    ...ticks.map(
      (t) => `<path class="axis" d="M${x(t)} ${bottom}v5"/>${label(x(t), bottom + 20, String(Number(`1e${t}`)))}`,
    ),
    `<path class="axis" d="M${frame.left} ${frame.top}V${bottom}H${right}"/>`,
    label(String((frame.left + right) / 2), HEIGHT - 6, "|ω|"),
    `<text transform="translate(14 ${(frame.top + bottom) / 2}) rotate(-90)" text-anchor="middle">|z|</text>`,
    `<g class="s0"><path style="stroke-width:3;stroke-linecap:round;opacity:.5" d="${dots}"/></g>`,
    `<g class="s1"><path d="M${frame.left} ${y(noise)}H${right}"><title>noise 1/√n = ${noise.toPrecision(3)}</title></path></g>`,
    "</svg>",
  ].join("");
}

/** One self-contained HTML page of that plot, with the verdict in words. */
export function moduliPage(title: string, diagnosis: ScaleDiagnosis): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${stylesheet(28)}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>Scales: ${escapeHtml(diagnosis.words)}.</p>
<figure style="max-width:760px">${moduliPlot(diagnosis)}
<figcaption>Modulus of each moment against the norm of its frequency, ${diagnosis.count} samples. Orange: the noise 1/√n.
Moments near 1 see all samples as one point; moments at the noise see nothing that the samples share.</figcaption></figure>
</body>
</html>
`;
}
