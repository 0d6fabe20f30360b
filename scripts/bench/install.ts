import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { textTable } from "../../src/report/table.ts";

/** What an installation without development dependencies may weigh, MB. */
const LIMIT = 350;
/** Packages that the table names. */
const LARGEST = 6;

const root = path.resolve(import.meta.dirname, "../..");

/** Packs the package and installs it in an empty folder. Reports how large that is, and whether the command line runs from there. */
export async function installBench(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({ args: [...words], options: { json: { type: "boolean", default: false } } });
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-install-"));
  try {
    const packed = npm(["pack", "--silent", "--pack-destination", folder], root).trim().split("\n").at(-1)!;
    await writeFile(path.join(folder, "package.json"), '{ "private": true }');
    npm(["install", "--omit=dev", "--silent", path.join(folder, packed)], folder);
    const runs = npm(["exec", "--", "sketchprior", "--version"], folder).trim();
    const modules = path.join(folder, "node_modules");
    const packages = await packageFolders(modules);
    const sizes = await Promise.all(
      packages.map(async (name) => ({ name, megabytes: await megabytes(path.join(modules, name)) })),
    );
    sizes.sort((a, b) => b.megabytes - a.megabytes);
    const total = sizes.reduce((sum, size) => sum + size.megabytes, 0);
    if (values.json) return JSON.stringify({ total, limit: LIMIT, runs, packages: sizes }, null, 2);
    const rows = sizes.slice(0, LARGEST).map((size): [string, string] => [size.name, size.megabytes.toFixed(1)]);
    return [
      textTable(
        [
          { title: "package", align: "left" },
          { title: "MB", align: "right" },
        ],
        rows,
      ),
      `all ${sizes.length} packages: ${total.toFixed(0)} MB, ${total <= LIMIT ? "within" : "OVER"} ${LIMIT}; runs as ${runs}`,
    ].join("\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function npm(words: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync("npm", words, {
    cwd,
    encoding: "utf8",
    shell: os.platform() === "win32",
  });
  if (status !== 0) throw new Error(`bench install: npm ${words[0]} ended with ${status}: ${stderr}`);
  return stdout;
}

/** Names of installed packages, those with a scope included. */
async function packageFolders(modules: string): Promise<string[]> {
  const names = (await readdir(modules)).filter((name) => !name.startsWith("."));
  const scoped = async (name: string) => (await readdir(path.join(modules, name))).map((own) => `${name}/${own}`);
  return (await Promise.all(names.map((name) => (name.startsWith("@") ? scoped(name) : [name])))).flat();
}

/** Space on disk of a folder's files, in blocks of 4096 bytes as `du` counts them. */
async function megabytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => Math.ceil((await stat(file)).size / 4096) * 4096));
  return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20;
}
