import { escapeHtml } from "./escape.ts";
import { type LinePlotOptions, legendMarker, linePlot, type Series } from "./plot.ts";
import { plotStylesheet } from "./style.ts";

const WIDTH = 480;
const HEIGHT = 340;
/** Height of a line of the legend. */
const LINE = 20;

/** A line plot as a file of its own, with its legend above it: SVG that needs no page. */
export function linePlotFile(series: readonly Series[], options: LinePlotOptions): string {
  const top = series.length * LINE + 10;
  const legend = series.map(
    ({ name, style }, i) =>
      `<svg x="62" y="${i * LINE + 8}" width="26" height="14">${legendMarker(style)}</svg>` +
      `<text x="96" y="${i * LINE + 19}">${escapeHtml(name)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT + top}" width="640">`,
    `<style>${plotStylesheet}</style><rect width="100%" height="100%" style="fill:var(--ground)"/>`,
    ...legend,
    `<svg y="${top}" width="${WIDTH}" height="${HEIGHT}">${linePlot(series, options)}</svg></svg>\n`,
  ].join("\n");
}
