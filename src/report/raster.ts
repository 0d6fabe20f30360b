import type { Drawing, DrawingStyle, Mark, Point } from "./drawing.ts";
import { LETTER, letterDots } from "./letters.ts";
import { pngBytes } from "./png.ts";
import { lightColours } from "./style.ts";

/** Pixels of the picture per pixel of the drawing, each way. */
const SCALE = 2;
/** Pixels of the picture per dot of a letter. */
const DOT = 3;

type Colour = readonly [number, number, number];
const channels = (hex: string): Colour => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as never;
const ink = channels(lightColours.ink);
const inks: { readonly [S in DrawingStyle]: Colour } = {
  grid: channels(lightColours.line),
  axis: channels(lightColours.soft),
  s0: channels(lightColours.series[0]!),
  s1: channels(lightColours.series[1]!),
};

/** A drawing as a PNG file in the page's light colours, at twice its size. */
export function rasterOf(drawing: Drawing): Uint8Array {
  const canvas = new Canvas(drawing.width * SCALE, drawing.height * SCALE);
  for (const mark of drawing.marks) draw(canvas, mark);
  return pngBytes({ width: canvas.width, height: canvas.height, channels: 3, pixels: canvas.pixels });
}

function draw(canvas: Canvas, mark: Mark): void {
  if (mark.kind === "text") {
    write(canvas, mark);
    return;
  }
  const points = mark.points.map(([x, y]): Point => [x * SCALE, y * SCALE]);
  const colour = inks[mark.style];
  if (mark.kind === "dots") {
    for (const point of points) canvas.stroke(point, point, 3 * SCALE, colour, 0.5);
  } else {
    const width = mark.style === "grid" || mark.style === "axis" ? 1 : 1.6;
    for (const [i, point] of points.slice(1).entries()) canvas.stroke(points[i]!, point, width * SCALE, colour, 1);
  }
}

function write(canvas: Canvas, { at, text, anchor, style, turned }: Mark & { kind: "text" }): void {
  const advance = (LETTER.width + 1) * DOT;
  const length = [...text].length * advance - DOT;
  const start = { start: 0, middle: -length / 2, end: -length }[anchor];
  const [left, base] = at.map((v) => Math.round(v * SCALE)) as [number, number];
  for (const [i, letter] of [...text].entries()) {
    for (const [column, row] of letterDots(letter)) {
      const [along, up] = [Math.round(start) + i * advance + column * DOT, (LETTER.height - row) * DOT];
      if (turned) canvas.fill(left - up, base - along - DOT, DOT, style ? inks[style] : ink);
      else canvas.fill(left + along, base - up, DOT, style ? inks[style] : ink);
    }
  }
}

/** An RGB picture on white. */
class Canvas {
  readonly pixels: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8Array(3 * width * height).fill(255);
  }

  /** A line with round ends; a pixel takes as much of its colour as the line covers of it, about. */
  stroke([x0, y0]: Point, [x1, y1]: Point, width: number, colour: Colour, opacity: number): void {
    const reach = width / 2 + 1;
    const [dx, dy] = [x1 - x0, y1 - y0];
    const square = dx * dx + dy * dy || 1;
    for (let y = Math.floor(Math.min(y0, y1) - reach); y <= Math.max(y0, y1) + reach; y++) {
      for (let x = Math.floor(Math.min(x0, x1) - reach); x <= Math.max(x0, x1) + reach; x++) {
        const t = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / square));
        const distance = Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
        this.#blend(x, y, colour, opacity * Math.min(1, Math.max(0, width / 2 + 0.5 - distance)));
      }
    }
  }

  /** A square. */
  fill(left: number, top: number, side: number, colour: Colour): void {
    for (let y = top; y < top + side; y++) for (let x = left; x < left + side; x++) this.#blend(x, y, colour, 1);
  }

  #blend(x: number, y: number, colour: Colour, opacity: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height || opacity === 0) return;
    const at = 3 * (y * this.width + x);
    for (let c = 0; c < 3; c++) {
      this.pixels[at + c] = Math.round(this.pixels[at + c]! * (1 - opacity) + colour[c]! * opacity);
    }
  }
}
