import { mkdir } from "node:fs/promises";
import path from "node:path";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { stream, writeAtomic } from "../../src/data/index.ts";
import type { Random } from "../../src/data/random.ts";
import { short, textTable } from "../../src/report/table.ts";
import { evenNormals } from "../../src/sketch/even-normals.ts";
import { laws } from "../../src/sketch/laws.ts";
import { denseProduct, drawProduct, productLayout } from "../../src/sketch/product.ts";

/** As in products.ts: five Gaussians of deviation .3 about means of N(0, I), and the same with each mean moved by .15 N(0, I). */
const [CLUSTERS, INSIDE, MOVED] = [5, 0.3, 0.15];
/** In units of √(1 + INSIDE²)√d, about the spread. */
const SCALE = 0.6;
const BLOCKS = 10;

type Law = "gaussian" | "folded-gaussian";
/** Frequencies [m, k] of scale 1, after each other, and the waves (cosine and sine) that a sample needs for them. */
interface Drawn {
  readonly omega: Float64Array;
  readonly waves: number;
}
type Form = (law: Law, m: number, k: number, seed: number) => Drawn;

/** One s for each block, √2 s for the sum of two lists and so on: `evenNormals` in blocks, with the standard deviation s/√lists. */
function lists(law: Law, sizes: readonly number[], k: number, random: Random): Float64Array[][] {
  const start = random.uniform();
  const order = random.permutation(BLOCKS);
  const s = (block: number) =>
    law === "gaussian" ? 1 : quantile(k)((start + ((Math.sqrt(5) - 1) / 2) * order[block]!) % 1);
  return sizes.map((size) => {
    const drawn = evenNormals(random, BLOCKS * size, k);
    const places = random.permutation(BLOCKS * size);
    return Array.from({ length: BLOCKS * size }, (_, i) => {
      const at = places[i]! * k;
      return drawn.slice(at, at + k).map((v) => (v * s(Math.floor(i / size))) / Math.sqrt(sizes.length));
    });
  });
}

/** Sums of one vector of each list of a block, the later ones with each of `signs`. */
function sums(all: readonly Float64Array[][], sizes: readonly number[], signs: readonly number[], k: number) {
  const out: number[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    let found: Float64Array[] = [new Float64Array(k)];
    for (const [i, list] of all.entries()) {
      const own = list.slice(block * sizes[i]!, (block + 1) * sizes[i]!);
      const used = i === 0 ? [1] : signs;
      found = found.flatMap((sum) => own.flatMap((v) => used.map((sign) => sum.map((x, j) => x + sign * v[j]!))));
    }
    for (const v of found) out.push(...v);
  }
  return Float64Array.from(out);
}

const form =
  (sizesFor: (pairs: number) => readonly number[], signs: readonly number[]): Form =>
  (law, m, k, seed) => {
    const sizes = sizesFor(m / BLOCKS);
    const omega = sums(lists(law, sizes, k, stream(seed, "form", law, ...sizes)), sizes, signs, k);
    return { omega, waves: BLOCKS * sizes.reduce((a, b) => a + b) };
  };

const even = (count: number, parts: number) => Array.from({ length: parts }, () => Math.round(count ** (1 / parts)));

const forms: Readonly<Record<string, Form>> = {
  independent: (law, m, k, seed) => {
    const random = stream(seed, "independent", law);
    const omega = random.fillNormal(new Float64Array(m * k));
    if (law === "gaussian") return { omega, waves: m };
    for (let j = 0; j < m; j++) {
      const s = quantile(k)(random.uniform());
      for (let i = 0; i < k; i++) omega[j * k + i]! *= s;
    }
    return { omega, waves: m };
  },
  "a ± b, the rows with an s of their own (--draw product)": (law, m, k, seed) => {
    const settings = { law, m, seed, scales: [1] };
    const dense = denseProduct(drawProduct(settings, k), m);
    const omega = Float64Array.from({ length: m * k }, (_, at) => dense.data[(at % k) * m + Math.floor(at / k)]!);
    const { blocks, rows, columns } = productLayout(settings);
    return { omega, waves: blocks * (rows + columns) };
  },
  "a ± b, one s a block": form((count) => even(count / 2, 2), [1, -1]),
  "a + b, one s a block": form((count) => even(count, 2), [1]),
  "a ± b ± c, one s a block": form((count) => even(count / 4, 3), [1, -1]),
  "a + b + c, one s a block": form((count) => even(count, 3), [1]),
};

const quantiles = new Map<number, (u: number) => number>();

/** Quantiles of s of the folded law in R^k, from the table of the program, which is made once. */
function quantile(k: number): (u: number) => number {
  const { mixing } = laws["folded-gaussian"];
  const made = quantiles.get(k) ?? (typeof mixing === "function" ? mixing(k) : () => 1);
  quantiles.set(k, made);
  return made;
}

/** The spread of MMD² estimates over draws of the frequencies, of laws whose characteristic functions are known, so that no samples add to it. */
export const productForms = defineCommand({
  usage: "product-forms",
  description:
    "The spread of MMD² over the draws of its frequencies, for forms of product frequencies that were tried.",
  examples: [["npm run experiment -- product-forms", "a table on stdout, and product-forms-report/forms.json"]],
  options: (y) =>
    y
      .option("frequencies", { type: "number", default: 4096, requiresArg: true, describe: "frequencies m, about" })
      .option("draws", { type: "number", default: 40, requiresArg: true, describe: "draws of the frequencies" })
      .option("out", {
        type: "string",
        default: "product-forms-report",
        requiresArg: true,
        describe: "folder to write to",
      }),
  run: async (args, { seed, note }) => {
    for (const name of ["frequencies", "draws"] as const) requireInteger(name, args[name], 2);
    const rows = [];
    for (const law of ["gaussian", "folded-gaussian"] as const) {
      for (const d of [2, 10, 100]) {
        const f = difference(d, seed, SCALE * Math.sqrt(1 + INSIDE ** 2) * (law === "gaussian" ? Math.sqrt(d) : 1));
        for (const [name, draw] of Object.entries(forms)) {
          const values: number[] = [];
          let waves = 0;
          for (let own = 0; own < args.draws; own++) {
            const drawn = draw(law, args.frequencies, d, own);
            waves = drawn.waves;
            values.push(f(drawn.omega));
          }
          const mean = values.reduce((a, b) => a + b) / values.length;
          const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v / mean - 1) ** 2, 0) / values.length);
          rows.push({ law, d, name, waves, deviation });
        }
        note(`${law}, d = ${d}`);
      }
    }
    await mkdir(args.out, { recursive: true });
    const result = { frequencies: args.frequencies, draws: args.draws, seed, rows };
    await writeAtomic(path.join(args.out, "forms.json"), `${JSON.stringify(result, null, 2)}\n`);
    const titles = ["law", "d", "form", "waves", "deviation"];
    const text = textTable(
      titles.map((title, i) => ({ title, align: i % 2 === 0 && i < 4 ? ("left" as const) : ("right" as const) })),
      rows.map((r) => [r.law, String(r.d), r.name, String(r.waves), short(r.deviation, 2)]),
    );
    return { text, data: result };
  },
});

/** The mean over frequencies ω/σ of |φ(ω/σ) − φ'(ω/σ)|² of both laws. */
function difference(d: number, seed: number, sigma: number): (omega: Float64Array) => number {
  const means = stream(seed, "means", d).fillNormal(new Float64Array(CLUSTERS * d));
  const moved = stream(seed, "moved", d).fillNormal(new Float64Array(CLUSTERS * d));
  return (omega) => {
    let total = 0;
    for (let at = 0; at < omega.length; at += d) {
      let [cos, sin, squares] = [0, 0, 0];
      for (let i = 0; i < d; i++) squares += (omega[at + i]! / sigma) ** 2;
      for (let c = 0; c < CLUSTERS; c++) {
        let [p, q] = [0, 0];
        for (let i = 0; i < d; i++) {
          p += (omega[at + i]! / sigma) * means[c * d + i]!;
          q += (omega[at + i]! / sigma) * (means[c * d + i]! + MOVED * moved[c * d + i]!);
        }
        cos += (Math.cos(p) - Math.cos(q)) / CLUSTERS;
        sin += (Math.sin(p) - Math.sin(q)) / CLUSTERS;
      }
      total += (cos ** 2 + sin ** 2) * Math.exp(-squares * INSIDE ** 2);
    }
    return (total * d) / omega.length;
  };
}
