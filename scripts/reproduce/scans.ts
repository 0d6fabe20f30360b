import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type AnyCommand, defineCommand } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { parse } from "../../src/cli/parse.ts";
import { commandLine } from "../../src/cli/reproducing.ts";
import { InputError } from "../../src/data/errors.ts";
import { fileExists, readFileOrExplain, writeAtomic } from "../../src/data/files.ts";
import { type Dataset, readRows } from "../../src/data/index.ts";
import { encodeNpz } from "../../src/data/npz.ts";
import { packageVersion } from "../../src/data/package.ts";
import { takeRows } from "../../src/solve/rows.ts";

/** Slices of one head, and what is measured of some of them. */
export interface Scan {
  readonly title: string;
  /** What `--from` names. */
  readonly from: string;
  open(file: string): Promise<Dataset>;
  /** Which slices are for what. */
  readonly parts: {
    /** The prior of patches is learned from these. */
    readonly sketched: readonly number[];
    /** These choose every λ. They are at least 5 mm from those that are sketched. */
    readonly tuning: readonly number[];
    /** At least 10 mm from all others. */
    readonly recovered: readonly number[];
  };
  /** Cells of the sketch. */
  readonly cells: number;
  readonly operators: readonly string[];
  /** σ of a measured number. */
  readonly noise: number;
  readonly baselines: readonly string[];
}

/**
 * The command that measures slices of a scan and recovers them with a prior of patches from other slices, and with baselines. It writes the slices as
 * files and runs the program's own commands on them, which it prints. What an earlier run has finished is kept.
 */
export const scanCommand = (name: string, scan: Scan): AnyCommand =>
  defineCommand({
    usage: name,
    description: `${scan.title}: a prior of patches from a sketch of other slices, and baselines.`,
    examples: [[`npm run reproduce -- ${name} --from FILE`, `a table, and reproduce-report/${name} with its report`]],
    options: (y) =>
      y
        .option("from", { type: "string", demandOption: true, requiresArg: true, describe: scan.from })
        .option("limit", {
          ...{ type: "number", default: scan.parts.recovered.length, requiresArg: true },
          describe: "slices to recover",
        })
        .option("out", {
          ...{ type: "string", default: path.join("reproduce-report", name), requiresArg: true },
          describe: "folder to write to; a run that was stopped goes on there, unless --force begins again",
        }),
    run: async ({ from, limit, out, force = false }, context) => {
      requireInteger("limit", limit);
      const slices = await scan.open(from);
      const all = await readRows(slices, 0, slices.count);
      await mkdir(out, { recursive: true });
      const inOut = (file: string) => path.join(out, file);
      for (const [part, rows] of Object.entries(scan.parts)) {
        const file = inOut(`${part}.npz`);
        const bytes = encodeNpz({ arrays: { data: takeRows(all, rows) }, metadata: undefined });
        const before = (await fileExists(file)) ? await readFileOrExplain(file) : bytes;
        if (!force && Buffer.compare(before, bytes) !== 0) {
          throw new InputError(
            `${out}: holds a run on other slices than those of ${from}; give --force, or another --out`,
          );
        }
        await writeAtomic(file, bytes);
      }
      const run = async (...words: string[]) => {
        context.note(commandLine(["sketchprior", ...words]));
        const parsed = await parse(commands, [...words, "--seed", String(context.seed)], packageVersion());
        return parsed!.command.run(parsed!.args, { ...context, words });
      };
      const anew = force ? ["--force"] : [];
      const [sketch, prior] = [inOut("patches.npz"), inOut("patches")];
      if (force || !(await fileExists(sketch)))
        await run(
          ...["sketch", `patches:${inOut("sketched.npz")}:stride=2`, "--cells", String(scan.cells)],
          ...["-o", sketch, ...(force ? anew : ["--resume"])],
        );
      if (force || !(await fileExists(path.join(prior, "prior.json"))))
        await run("train", sketch, "-o", prior, ...anew);
      return run(
        ...["compare", inOut("recovered.npz"), "--limit", String(limit), "--prior", prior],
        ...["--baselines", scan.baselines.join(), ...scan.operators.flatMap((spec) => ["--operator", spec])],
        ...["--noise", String(scan.noise), "--range", "0,1"],
        ...["--tune", inOut("tuning.npz"), "--tune-count", String(scan.parts.tuning.length)],
        ...["-o", inOut("report"), ...(force ? anew : ["--resume"])],
      );
    },
  });
