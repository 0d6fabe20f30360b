import { Graph, type Value } from "../../src/engine/graph.ts";
import { encodeOnnx } from "../../src/engine/onnx.ts";
import { placesInside } from "../../src/sketch/index.ts";
import { MARGIN } from "./given.ts";
import { type DenoiserModel, stageGates } from "./model.ts";
import { SPACING } from "./open.ts";
import { COUNT, REACH } from "./similar.ts";

/** A size that is not known before the graph runs. */
const ANY = -1;

/**
 * A denoiser as an ONNX model for a grey image of any size: inputs `image` [1, 1, H, W] and `s` [], the standard deviation of its noise, output `clean` [1, 1, H, W] (`denoiserPrior`). Any ONNX
 * runtime runs it. A stage after the first holds 441 distances a patch in memory at once: 1.8 kB for four pixels.
 */
export function denoiserOnnx(model: DenoiserModel): Uint8Array {
  const graph = new Graph();
  const image = graph.input([1, 1, ANY, ANY], "float32");
  const s = graph.input([], "float32");
  const { node, int } = idioms(graph);
  const scale = node("Div", [s, graph.scalar(model.sigma, "float32")], 0);
  const sizeOf = (axis: number) =>
    node("Squeeze", [node("Shape", [image], 1, "int64", { start: axis, end: axis + 1 })], 0);
  const [height, width] = [sizeOf(2), sizeOf(3)];
  const noisy = node("Squeeze", [node("Div", [image, scale], 4), graph.ints([0, 1])], 2);
  const along = (length: Value): Value => {
    const last = node("Sub", [length, int(model.side)], 0);
    const before = node("Range", [int(0), last, int(SPACING)], 1);
    return node("Concat", [before, node("Unsqueeze", [last, graph.ints([0])], 1)], 1, "int64", { axis: 0 });
  };
  const place: Place = { height, width, rows: along(height), columns: along(width) };
  let estimate: Value | undefined;
  for (const stage of model.stages.keys()) estimate = staged(graph, model, { stage, noisy, estimate, place });
  const clean = node("Mul", [node("Unsqueeze", [estimate!, graph.ints([0, 1])], 4), scale], 4);
  return encodeOnnx(graph, [{ ...clean, shape: image.shape }], {
    ...{ embed: true, inputNames: ["image", "s"], outputNames: ["clean"] },
    metadata: {
      image: "float32 [1, 1, rows, columns], a grey image in [0, 1] with white noise, each side at least a patch",
      s: "float32, the standard deviation of its noise",
      trained_for: `s = ${model.sigma}`,
    },
  });
}

/** Nodes of a graph whose sizes are not known: `rank` is all that is said of a shape. */
function idioms(graph: Graph) {
  const node = (
    op: string,
    inputs: readonly (Value | null)[],
    rank: number,
    dtype = inputs[0]!.dtype,
    attributes: Parameters<Graph["node"]>[4] = {},
  ): Value => graph.node(op, inputs, new Array<number>(rank).fill(ANY), dtype, attributes);
  const int = (value: number): Value => graph.scalar(value, "int64");
  /** Rows of a table [n, …] by index. */
  const gather = (x: Value, index: Value, axis = 0): Value =>
    node("Gather", [x, index], x.shape.length + index.shape.length - 1, x.dtype, { axis });
  const reshaped = (x: Value, shape: readonly number[]): Value =>
    node("Reshape", [x, graph.ints(shape)], shape.length, x.dtype);
  const range = (count: Value): Value => node("Range", [int(0), count, int(1)], 1);
  return { node, int, gather, reshaped, range };
}

/** The image's sides, int64 [], and the corners of its patches along each axis. */
interface Place {
  readonly height: Value;
  readonly width: Value;
  readonly rows: Value;
  readonly columns: Value;
}

interface Stage {
  readonly stage: number;
  /** [H, W] */
  readonly noisy: Value;
  /** That of the stage before, [H, W]. */
  readonly estimate: Value | undefined;
  readonly place: Place;
}

/** What a stage makes of an image (`openStages`), [H, W]. */
function staged(graph: Graph, model: DenoiserModel, { stage, noisy, estimate, place }: Stage): Value {
  const { side } = model;
  const { node, int, gather, reshaped } = idioms(graph);
  const around = patchesOf(graph, mirrored(graph, estimate ?? noisy, place), side + 2 * MARGIN, place);
  const inside = gather(around, graph.ints([...placesInside(side, MARGIN)]), 1);
  const means = node("ReduceMean", [inside, graph.ints([1])], 2);
  const parts = estimate
    ? [around, patchesOf(graph, noisy, side, place), similarAverages(graph, { noisy, estimate, place, side })]
    : [around];
  const given = node("Sub", [node("Concat", parts, 2, "float32", { axis: 1 }), means], 2);
  const cells = chosen(graph, model, stage, node("Sub", [inside, means], 2));
  const matrices = model.stages[stage]!;
  const table = graph.constant(matrices.data, matrices.shape, "float32");
  const regressed = graph.loop(int(matrices.shape[0]!), [inside], (cell, [out]) => {
    const members = node("NonZero", [node("Equal", [cells, cell], 1, "bool")], 2, "int64");
    const own = gather(given, node("Squeeze", [members, graph.ints([0])], 1));
    const made = node("MatMul", [own, gather(table, cell)], 2);
    return { state: [node("ScatterND", [out!, graph.transpose(members, [1, 0]), made], 2)] };
  });
  const cleaned = node("Add", [regressed.state[0]!, means], 2);
  // added at the pixels that they came from, and divided by how many were
  const pixels = reshaped(pixelsOf(graph, place, side), [-1]);
  const zero = graph.constant(Float32Array.of(0), [1], "float32");
  const area = node("Unsqueeze", [node("Mul", [place.height, place.width], 0), graph.ints([0])], 1);
  const none = node("Expand", [zero, area], 1);
  const added = (values: Value): Value =>
    node("ScatterElements", [none, pixels, values], 1, "float32", { axis: 0, reduction: "add" });
  const flat = reshaped(cleaned, [-1]);
  const ones = node(
    "Expand",
    [graph.constant(Float32Array.of(1), [1], "float32"), node("Shape", [flat], 1, "int64")],
    1,
  );
  const average = node("Div", [added(flat), added(ones)], 1);
  return node("Reshape", [average, node("Shape", [noisy], 1, "int64")], 2);
}

/** The image with `MARGIN` pixels more on every side, mirrored at its edges (`mirroredImage`). */
function mirrored(graph: Graph, image: Value, { height, width }: Place): Value {
  const { node, int, gather } = idioms(graph);
  const places = (length: Value): Value => {
    const all = node("Range", [int(-MARGIN), node("Add", [length, int(MARGIN)], 0), int(1)], 1);
    const left = node("Max", [all, node("Sub", [int(-1), all], 1)], 1);
    return node("Min", [left, node("Sub", [node("Sub", [node("Mul", [length, int(2)], 0), int(1)], 0), left], 1)], 1);
  };
  return gather(gather(image, places(height), 0), places(width), 1);
}

/** Corners [n] and `count` places from each on: [n, count]. */
function steps(graph: Graph, corners: Value, count: number): Value {
  const { node } = idioms(graph);
  const offsets = graph.ints(Array.from({ length: count }, (_, i) => i));
  return node("Add", [node("Unsqueeze", [corners, graph.ints([1])], 2), offsets], 2);
}

/** The squares of `size`² pixels with the grid's corners, [patches, size²]. */
function patchesOf(graph: Graph, image: Value, size: number, { rows, columns }: Place): Value {
  const { gather, reshaped } = idioms(graph);
  const lines = gather(image, steps(graph, rows, size), 0); // [rows, size, W]
  const all = gather(lines, steps(graph, columns, size), 2); // [rows, size, columns, size]
  return reshaped(graph.transpose(all, [0, 2, 1, 3]), [-1, size * size]);
}

/** The place in the flat image of every number of every patch, [rows, columns, side, side]. */
function pixelsOf(graph: Graph, { width, rows, columns }: Place, side: number): Value {
  const { node } = idioms(graph);
  const down = node("Unsqueeze", [steps(graph, rows, side), graph.ints([1, 3])], 4);
  const across = node("Unsqueeze", [steps(graph, columns, side), graph.ints([0, 2])], 4);
  return node("Add", [node("Mul", [down, width], 4), across], 4);
}

/** The most probable cell of patches v [n, d] without their means (`logGates`), int64 [n]. */
function chosen(graph: Graph, model: DenoiserModel, stage: number, v: Value): Value {
  const { node, gather } = idioms(graph);
  const { basis, forms, flat, constants } = stageGates(model, stage);
  const table = ({ data, shape }: { readonly data: Float32Array; readonly shape: readonly number[] }) =>
    graph.constant(data, shape, "float32");
  const directions = table(basis);
  const turned = (x: Value): Value => graph.transpose(x, [1, 0]);
  const u = node("MatMul", [v, directions], 2);
  const left = node("Sub", [v, node("MatMul", [u, turned(directions)], 2)], 2);
  const q = basis.shape[1]! - flat.shape[1]! + 1;
  const other = node("Slice", [u, graph.ints([q]), graph.ints([basis.shape[1]!]), graph.ints([1])], 2);
  const squares = node(
    "Concat",
    [node("Mul", [other, other], 2), node("ReduceSumSquare", [left, graph.ints([1])], 2)],
    2,
    "float32",
    { axis: 1 },
  );
  const pairs = Array.from({ length: q }, (_, i) => Array.from({ length: i + 1 }, (_, j) => [i, j] as const)).flat();
  const columns = (which: 0 | 1) => gather(u, graph.ints(pairs.map((pair) => pair[which])), 1);
  const products = node("Mul", [columns(0), columns(1)], 2);
  const form = node("MatMul", [products, turned(table(forms))], 2);
  const outside = node("MatMul", [squares, turned(table(flat))], 2);
  const half = node("Mul", [node("Add", [form, outside], 2), graph.scalar(0.5, "float32")], 2);
  const logs = node("Sub", [turned(table(constants)), half], 2);
  return node("ArgMax", [logs], 1, "int64", { axis: 1, keepdims: 0 });
}

/** The average of the noisy patches that look like each patch of the grid in the estimate (`similarPatches`, `averageSimilar`), [patches, side²]. */
function similarAverages(
  graph: Graph,
  {
    noisy,
    estimate,
    place,
    side,
  }: Pick<Stage, "noisy" | "place"> & { readonly estimate: Value; readonly side: number },
): Value {
  const { node, int, gather, reshaped, range } = idioms(graph);
  const { height, width, rows, columns } = place;
  const window = 2 * REACH + 1;
  /** The part of a shift along an axis, of its number or of many. */
  const shiftOf = (at: Value, op: "Div" | "Mod"): Value =>
    node("Sub", [node(op, [at, int(window)], at.shape.length), int(REACH)], at.shape.length);
  const within = (places: Value, most: Value): Value =>
    node(
      "And",
      [node("GreaterOrEqual", [places, int(0)], 1, "bool"), node("LessOrEqual", [places, most], 1, "bool")],
      1,
    );
  const column = (x: Value): Value => node("Unsqueeze", [x, graph.ints([1])], 2);
  /** Whether rows and columns are within an image or a grid, [rows, columns]. */
  const both = (down: Value, across: Value): Value => node("And", [column(down), across], 2, "bool");
  const corner = (length: Value): Value => node("Sub", [length, int(side)], 0);
  const end = (length: Value): Value => node("Sub", [length, int(1)], 0);
  const infinite = graph.scalar(Number.POSITIVE_INFINITY, "float32");
  const { kept } = graph.loop(int(window * window), [], (at) => {
    const [dy, dx] = [shiftOf(at, "Div"), shiftOf(at, "Mod")];
    const moved = (places: Value, by: Value): Value => node("Add", [places, by], 1);
    const [y, x] = [moved(range(height), dy), moved(range(width), dx)];
    const clipped = (places: Value, most: Value): Value => node("Min", [node("Max", [places, int(0)], 1), most], 1);
    const other = gather(gather(estimate, clipped(y, end(height)), 0), clipped(x, end(width)), 1);
    const wide = (v: Value): Value => node("Cast", [v], 2, "float64", { to: 11 });
    const difference = node("Sub", [wide(estimate), wide(other)], 2);
    const overlap = both(within(y, end(height)), within(x, end(width)));
    const squares = node(
      "Where",
      [overlap, node("Mul", [difference, difference], 2), graph.scalar(0, "float64")],
      2,
      "float64",
    );
    const lines = node("CumSum", [squares, int(1)], 2);
    const sums = node("Pad", [node("CumSum", [lines, int(0)], 2), graph.ints([1, 1, 0, 0])], 2);
    const [bottom, right] = [rows, columns].map((v) => node("Add", [v, int(side)], 1)) as [Value, Value];
    const sumAt = (down: Value, across: Value): Value => gather(gather(sums, down, 0), across, 1);
    const lower = node("Sub", [sumAt(bottom, right), sumAt(bottom, columns)], 2);
    const distance = node("Add", [node("Sub", [lower, sumAt(rows, right)], 2), sumAt(rows, columns)], 2);
    const inside = both(within(moved(rows, dy), corner(height)), within(moved(columns, dx), corner(width)));
    const own = node("Where", [inside, node("Cast", [distance], 2, "float32", { to: 1 }), infinite], 2, "float32");
    return { state: [], kept: [reshaped(own, [-1])] };
  });
  const outs = ["float32", "int64"].map((dtype) => ({ shape: [COUNT, ANY], dtype: dtype as "float32" }));
  const [distances, shifts] = graph.multi("TopK", [kept[0]!, graph.ints([COUNT])], outs, { axis: 0, largest: 0 }) as [
    Value,
    Value,
  ];
  const none = node("IsInf", [distances], 2, "bool");
  const nearest = node("Where", [none, gather(shifts, graph.ints([0])), shifts], 2, "int64");
  const corners = reshaped(node("Add", [column(node("Mul", [rows, width], 1)), columns], 2), [-1]);
  const apart = node("Add", [node("Mul", [shiftOf(nearest, "Div"), width], 2), shiftOf(nearest, "Mod")], 2);
  const places = node("Add", [apart, corners], 2); // [COUNT, patches]
  const inPatch = reshaped(pixelsOf(graph, { ...place, rows: graph.ints([0]), columns: graph.ints([0]) }, side), [-1]);
  const flat = reshaped(noisy, [-1]);
  const first = patchesOf(graph, noisy, side, place);
  const sum = graph.loop(int(COUNT), [node("Sub", [first, first], 2)], (at, [before]) => ({
    state: [node("Add", [before!, gather(flat, node("Add", [column(gather(places, at)), inPatch], 2))], 2)],
  }));
  return node("Div", [sum.state[0]!, graph.scalar(COUNT, "float32")], 2);
}
