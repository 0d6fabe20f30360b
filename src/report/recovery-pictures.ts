import type { NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import { tickText } from "./axes.ts";
import { heatPicture } from "./heat.ts";
import { pngDataUri } from "./image-file.ts";
import { magnitudes } from "./magnitudes.ts";
import { extent, greyRange, isPictureShape, type Picture, pictures } from "./picture.ts";
import { leftOut, MOST_SAMPLES, type RecoveryPanel, type SizedDrawing, sampleOf, shownRows } from "./recovery-shown.ts";
import { digits, svg, text } from "./svg.ts";
import { short } from "./table.ts";

interface Column {
  readonly title: string;
  readonly pictures: readonly Picture[];
}

/** Room in pixels: between pictures, left of them, for the title, for the titles of the columns, for the legend. */
const [GAP, LEFT, TITLE, HEAD, LEGEND] = [8, 36, 34, 24, 44];
/** Approximate width of a letter. */
const LETTER = 8;
const BAR = { width: 110, height: 12 };

/** The panel of signals that are images. */
export async function recoveryPictures(panel: RecoveryPanel): Promise<SizedDrawing> {
  const { title, estimate, deviation, samples, truth, measured, backProjected } = panel;
  const range = panel.range ?? greyRange(truth ?? estimate);
  const grey = (array: NdArray<Float32Array>) => pictures(shownRows(array), range);
  const most = deviation && largestFinite(shownRows(deviation).data);
  const isMeasuredPicture = measured !== undefined && isPictureShape(measured.shape.slice(1));
  const stretched = isMeasuredPicture && leaves(measured, range);
  const columns: Column[] = [
    ...(truth ? [{ title: "truth", pictures: grey(truth) }] : []),
    ...(isMeasuredPicture
      ? [
          {
            title: backProjected ? "Φ′y" : "measured",
            pictures: pictures(shownRows(measured), stretched ? "stretch" : range),
          },
        ]
      : []),
    { title: "estimate", pictures: grey(estimate) },
    ...(deviation ? [{ title: "standard deviation", pictures: heats(shownRows(deviation), most!) }] : []),
    ...Array.from({ length: Math.min(MOST_SAMPLES, samples?.shape[1] ?? 0) }, (_, k) => ({
      title: `sample ${k + 1}`,
      pictures: pictures(sampleOf(samples!, k), range),
    })),
  ];
  const parts: string[] = [text([LEFT, 22], title, { anchor: "start", heavy: true })];
  const size = columns.map(({ pictures: list }) => shownSize(list[0]!));
  const rowHeight = Math.max(...size.map(({ height }) => height)) + GAP;
  const rows = columns[0]!.pictures.length;
  for (let row = 0; row < rows; row++) {
    parts.push(text([LEFT - 10, TITLE + HEAD + row * rowHeight + rowHeight / 2], String(row + 1), { anchor: "end" }));
  }
  let left = LEFT;
  for (const [c, { title: name, pictures: list }] of columns.entries()) {
    const { width, height } = size[c]!;
    const room = Math.max(width, LETTER * name.length);
    parts.push(text([left + room / 2, TITLE + HEAD - 8], name));
    for (const [row, picture] of list.entries()) {
      const place = { x: left + (room - width) / 2, y: TITLE + HEAD + row * rowHeight, width, height };
      parts.push(image(await pngDataUri(picture), place));
    }
    left += room + GAP;
  }
  const bottom = TITLE + HEAD + rows * rowHeight;
  const legend = await legendParts(
    range,
    most,
    [LEFT, bottom + 10],
    [stretched ? "each measured image in its own range" : "", leftOut(panel)].filter(Boolean).join("; "),
  );
  const width = Math.max(left, legend.right, LEFT + LETTER * title.length) + GAP;
  return { width, drawing: svg(width, bottom + LEGEND, title, [...parts, ...legend.parts]) };
}

/** Whether measurements lie far outside the range, as a back-projection does. Each is then stretched to its own range. */
function leaves(measured: NdArray<Float32Array>, [low, high]: readonly [number, number]): boolean {
  const [least, greatest] = extent(contiguous(measured));
  const room = (high - low) / 2;
  return least < low - room || greatest > high + room;
}

/** The greatest of the finite standard deviations. */
const largestFinite = (deviations: Float32Array): number =>
  deviations.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, v) : most), 0);

/** Standard deviations as heat maps. */
function heats(deviation: NdArray<Float32Array>, most: number): Picture[] {
  const [, height, width] = deviation.shape as [number, number, number];
  return magnitudes(deviation).map((values) => heatPicture(values, width, height, most));
}

/** About 100 pixels wide; large images up to 256. Small ones are scaled by an integer, so that their pixels are squares of one size. */
function shownSize({ width, height }: Picture): { width: number; height: number } {
  const scale =
    Math.max(width, height) <= 128 ? Math.max(1, Math.round(100 / width)) : Math.min(1, 256 / Math.max(width, height));
  return { width: width * scale, height: height * scale };
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const image = (uri: string, { x, y, width, height }: Place): string =>
  `<image x="${digits(x)}" y="${digits(y)}" width="${digits(width)}" height="${digits(height)}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${uri}"/>`;

/** The legend: bars of grey levels and of standard deviations, each with its end values, and a note on what the panel leaves out. */
async function legendParts(
  [low, high]: readonly [number, number],
  most: number | undefined,
  [x, y]: readonly [number, number],
  note: string,
): Promise<{ parts: string[]; right: number }> {
  const ramp = Float32Array.from({ length: 256 }, (_, i) => i / 255);
  const greys: Picture = { width: 256, height: 1, channels: 1, pixels: Uint8Array.from(ramp, (v) => 255 * v) };
  const bars = [
    { picture: greys, from: tickText(rounded(low)), to: tickText(rounded(high)) },
    ...(most === undefined
      ? []
      : [{ picture: heatPicture(ramp, 256, 1, 1), from: "0", to: `${short(most, 3)}, largest standard deviation` }]),
  ];
  const parts: string[] = [];
  let at = x;
  for (const { picture, from, to } of bars) {
    const start = at + LETTER * from.length + 4;
    parts.push(text([at, y + 11], from, { anchor: "start" }));
    parts.push(image(await pngDataUri(picture), { x: start, y, ...BAR }));
    parts.push(text([start + BAR.width + 6, y + 11], to, { anchor: "start" }));
    at = start + BAR.width + 6 + LETTER * to.length + 20;
  }
  if (note) parts.push(text([at, y + 11], note, { anchor: "start" }));
  return { parts, right: at + LETTER * note.length };
}

const rounded = (value: number): number => Number(value.toPrecision(3));
