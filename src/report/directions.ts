import ndarray from "ndarray";
import type { PatchPrior } from "../../priors/prior.ts";
import { frame } from "./axes.ts";
import type { Figure } from "./figure.ts";
import { pngDataUri } from "./image-file.ts";
import { grid, type Picture, pictures } from "./picture.ts";
import { svg, text } from "./svg.ts";

/** Components that are drawn, the most probable ones, and how many directions of each. */
const [ROWS, COLUMNS] = [14, 12];
/** Where the pictures begin, and how wide they are. */
const [LEFT, TOP, WIDTH] = [150, 30, frame.width - 160];

/** The leading directions of a patch prior's most probable components, one component a line, with its probability and its contrast. */
export async function directionsFigure(prior: PatchPrior): Promise<Figure> {
  const { weights, values, side, channels } = prior;
  const d = values.shape[1]!;
  const shown = [...weights.keys()].sort((a, b) => weights[b]! - weights[a]!).slice(0, ROWS);
  const columns = Math.min(COLUMNS, d - channels);
  const tiles = shown.flatMap((k) => Array.from({ length: columns }, (_, j) => direction(prior, k, j)));
  const picture = grid(tiles, { columns, scale: Math.max(1, Math.round(40 / side)), gap: 4 });
  const height = (WIDTH * picture.height) / picture.width;
  const contrast = (k: number) => {
    const own = values.data.subarray(k * d, k * d + d - channels);
    return Math.sqrt(own.reduce((a, b) => a + b, 0) / d);
  };
  const lines = shown.map((k, row) =>
    text(
      [LEFT - 12, TOP + (height * (row + 0.5)) / shown.length + 4],
      `${(100 * weights[k]!).toPrecision(2)} %, ${contrast(k).toPrecision(2)}`,
      { anchor: "end" },
    ),
  );
  const drawing = svg(frame.width, TOP + height + 10, `leading directions of ${prior.name}`, [
    text([LEFT - 12, TOP - 10], "share, contrast", { anchor: "end" }),
    ...lines,
    `<image x="${LEFT}" y="${TOP}" width="${WIDTH}" height="${height}" style="image-rendering:pixelated" href="${await pngDataUri(picture)}"/>`,
  ]);
  return {
    title: `Patches of ${prior.name}`,
    words: `${weights.length} Gaussians; the ${shown.length} most probable ones, their ${columns} leading directions from left to right.`,
    drawing,
    caption:
      "Share: the probability of a component. Contrast: the standard deviation of a pixel about the patch's mean, in units of [0, 1].",
  };
}

/** An eigenvector as a picture, 0 in the middle of grey. */
function direction({ vectors, side, channels }: PatchPrior, k: number, j: number): Picture {
  const d = side * side * channels;
  const own = vectors.data.slice((k * d + j) * d, (k * d + j + 1) * d);
  const most = own.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-12);
  return pictures(ndarray(own, [1, side, side, channels]), [-most, most])[0]!;
}
