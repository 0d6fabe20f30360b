import { fileNameOf } from "../data/files.ts";
import { csvOf } from "./csv.ts";
import { pngOfSvg } from "./raster.ts";
import { svgFile } from "./svg.ts";

/** The numbers of a figure, one object for each thing that it shows. All have the same names. */
export type FigureData = readonly Readonly<Record<string, string | number | undefined>>[];

/** A figure of a report. */
export interface ReportFigure {
  /** What it shows, shortly; `withFileNames` makes it the name of its files, without the ending. */
  readonly name: string;
  readonly caption: string;
  /** Inline SVG. */
  readonly drawing: string;
  readonly data: FigureData;
}

/** Width of a figure's file, in pixels. */
const WIDTH = 640;

/** How figures of a report are written, by the ending of a file's name. */
export const reportFigureFormats = {
  ".svg": ({ drawing }: ReportFigure) => svgFile(drawing, WIDTH),
  ".png": ({ drawing }: ReportFigure) => pngOfSvg(svgFile(drawing, WIDTH)),
  ".csv": ({ data }: ReportFigure) => csvOf(data),
  ".json": ({ caption, data }: ReportFigure) => `${JSON.stringify({ caption, data }, null, 2)}\n`,
} as const;

/** The figures with names for files; names that would be one, whatever their case, are numbered from the second on: `error`, `error-2`. */
export function withFileNames(figures: readonly ReportFigure[]): ReportFigure[] {
  const taken = new Set<string>();
  return figures.map((figure) => {
    const first = fileNameOf(figure.name).replace(/^-|-$/g, "");
    let name = first;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${first}-${count}`;
    taken.add(name.toLowerCase());
    return { ...figure, name };
  });
}
