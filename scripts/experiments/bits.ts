import { mkdir } from "node:fs/promises";
import path from "node:path";
import { defineCommand } from "../../src/cli/command.ts";
import { numberList, requireInteger } from "../../src/cli/options.ts";
import { grouped } from "../../src/cli/text.ts";
import { openDataset, writeAtomic } from "../../src/data/index.ts";
import { firstRows } from "../../src/data/rows.ts";
import { short, textTable } from "../../src/report/table.ts";
import { designFor, fourierMoments, sketchDataset } from "../../src/sketch/index.ts";

interface Row {
  readonly samples: number;
  /** Bits that the samples send, in numbers and in signs. */
  readonly bits: { readonly full: number; readonly signs: number };
  /** Mean squared difference of the moments from those of the whole data set in full. */
  readonly errors: { readonly full: number; readonly signs: number };
}

/** What moments from signs cost: their error against the bits that samples send, beside moments in float32. */
export const bits = defineCommand({
  usage: "bits <set>",
  description: "The error of Fourier moments from signs against the bits that are sent, beside moments in full.",
  examples: [["npm run experiment -- bits mnist", "a table on stdout, and bits-report/bits.json"]],
  options: (y) =>
    y
      .positional("set", { type: "string", demandOption: true, describe: "data set" })
      .option("frequencies", { type: "number", default: 1000, requiresArg: true, describe: "frequencies m" })
      .option("samples", {
        ...{ type: "string", default: "125,500,2000,8000", requiresArg: true },
        describe: "numbers of samples, the first ones; the whole set comes last",
      })
      .option("out", { type: "string", default: "bits-report", requiresArg: true, describe: "folder to write to" }),
  run: async ({ set, frequencies: m, samples, out }, { seed, signal }) => {
    requireInteger("frequencies", m);
    const data = await openDataset(set);
    const designs = await Promise.all(
      ([undefined, "1bit"] as const).map((quantised) =>
        designFor(data, {
          families: [{ kind: "fourier", m, seed, ...(quantised && { quantised }) }],
          features: "pca:100",
        }),
      ),
    );
    const momentsOf = async (count: number) => {
      const part = count < data.count ? firstRows(data, count) : data;
      const [full, signs] = await Promise.all(
        designs.map(async (design) => fourierMoments(await sketchDataset(part, design, { signal }))),
      );
      return { full: full!, signs: signs! };
    };
    const whole = await momentsOf(data.count);
    const errorOf = ({ cos, sin }: { cos: Float32Array; sin: Float32Array }) =>
      cos.reduce((sum, c, j) => sum + (c - whole.full.cos[j]!) ** 2 + (sin[j]! - whole.full.sin[j]!) ** 2, 0) / m;
    const rows: Row[] = [];
    for (const count of [...numberList("samples", samples), data.count]) {
      const { full, signs } = count === data.count ? whole : await momentsOf(count);
      const sent = { full: 64 * m * count, signs: 2 * m * count };
      rows.push({ samples: count, bits: sent, errors: { full: errorOf(full), signs: errorOf(signs) } });
    }
    await mkdir(out, { recursive: true });
    const result = { set, frequencies: m, seed, rows };
    await writeAtomic(path.join(out, "bits.json"), `${JSON.stringify(result, null, 2)}\n`);
    const titles = ["samples", "bits, full", "error, full", "bits, signs", "error, signs"];
    const cells = rows.map(({ samples: n, bits: b, errors: e }) => [
      ...[grouped(n), grouped(b.full), short(e.full)],
      ...[grouped(b.signs), short(e.signs)],
    ]);
    return {
      text: textTable(
        titles.map((title) => ({ title, align: "right" as const })),
        cells,
      ),
      data: result,
    };
  },
});
