import type { PlotPoint } from "../../../src/report/plot.ts";
import type { Panel } from "../../plots.ts";
import { type Curve, DEPTH, LATENT, layersOf } from "./curve.ts";
import type { Reached } from "./minima.ts";
import { type Share, wilson } from "./success.ts";

/** Curves of the share of successes, of four kinds, and m of one half against k. */
export function successPlots(curves: readonly Curve[]): Panel[] {
  const some = (wanted: (curve: Curve) => boolean, title: string, name: (curve: Curve) => string): Panel => ({
    title,
    series: curves
      .filter(wanted)
      .map((curve, style) => ({ ...{ name: name(curve), style }, points: curve.shares.map(sharePoint) })),
    options: { xLabel: "measurements m", yLabel: "share recovered", yAxis: "linear" },
  });
  const byK = ({ k }: Curve) => `k = ${k}`;
  const ofDepth = (curve: Curve) => curve.kind === "random weights" && curve.k === LATENT;
  const panels = [
    some((c) => c.kind === "random weights" && c.depth === DEPTH, `Random weights, ${DEPTH} hidden layers`, byK),
    some(ofDepth, `Random weights, k = ${LATENT}`, ({ depth }) => `${depth} hidden`),
    some((c) => c.kind === "trained", "Trained on digits, 2 hidden layers", byK),
    some((c) => c.kind === "sparse", "Sparse signals", byK),
    halves(curves),
  ];
  return panels.filter(({ series }) => series.length > 0);
}

/** m of one half against k, beside the orders of the theory with the factor 1. */
function halves(curves: readonly Curve[]): Panel {
  const known = (name: string, style: number, wanted: (curve: Curve) => boolean) => ({
    ...{ name, style },
    points: curves
      .filter((curve) => wanted(curve) && curve.half !== undefined)
      .sort((a, b) => a.k - b.k)
      .map(({ k, half }) => at(k, half!)),
  });
  const fixed = curves.filter(({ kind, depth }) => kind === "random weights" && depth === DEPTH);
  const order = (name: string, style: number, of: (curve: Curve) => number) => ({
    ...{ name, style },
    points: fixed.map((curve) => at(curve.k, of(curve))),
  });
  return {
    title: "m where one half is recovered",
    series: [
      known("random weights", 0, (c) => c.kind === "random weights" && c.depth === DEPTH),
      known("trained", 1, (c) => c.kind === "trained"),
      known("sparse", 2, (c) => c.kind === "sparse"),
      order("k log n", 3, ({ k, n }) => k * Math.log(n)),
      order("k d log n", 4, ({ k, n }) => k * layersOf(DEPTH) * Math.log(n)),
    ].filter(({ points }) => points.length > 0),
    options: { xLabel: "k", yLabel: "measurements m" },
  };
}

const at = (x: number, y: number): PlotPoint => ({ x, y, low: Number.NaN, high: Number.NaN });

const sharePoint = (share: Share): PlotPoint => {
  const [low, high] = wilson(share);
  return { x: share.m, y: share.successes / share.trials, low, high };
};

export function minimaPlot(minima: readonly Reached[]): Panel {
  const series = (["plain", "negated"] as const).map((name, style) => ({
    ...{ name: name === "plain" ? "descent" : "and from the negative of its end", style },
    points: minima.map((reached) => sharePoint({ m: reached.expansivity, ...reached[name] })),
  }));
  const options = {
    xLabel: "expansivity",
    yLabel: "share of restarts at the global minimum",
    yAxis: "linear",
  } as const;
  return { title: "Local minima: 10 latents, 2 layers", series, options };
}
