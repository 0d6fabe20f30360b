import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Runs the code blocks of a Markdown file (default README.md), in order, in one temporary working folder:
 * - ts blocks are type-checked, then run; `import … from "sketchprior"` means src/index.ts;
 * - of sh blocks, the lines that start with `npx sketchprior` run through the command line in src; others are left out.
 * Exits with 1 when a block fails, or when there is none.
 */
interface Block {
  readonly language: string;
  readonly line: number;
  readonly code: string;
}

const root = path.resolve(import.meta.dirname, "..");
const file = path.resolve(process.argv[2] ?? path.join(root, "README.md"));
const tsx = import.meta.resolve("tsx");
const cli = [process.execPath, "--import", tsx, path.join(root, "src/cli/main.ts")];

export function codeBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```\s*$/gm)].map((match) => ({
    language: match[1]!,
    line: markdown.slice(0, match.index).split("\n").length,
    code: match[2]!,
  }));
}

/** The lines of a shell block with continued lines joined and prompts taken off. */
const shellLines = (code: string): string[] =>
  code
    .replace(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => line.replace(/^\$ /, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

function attempt(what: string, command: string, args: readonly string[], options: object): boolean {
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", ...options });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${what} (${seconds} s)`);
  if (status !== 0) console.log(`${stdout ?? ""}${stderr ?? ""}${error ?? ""}`.trimEnd());
  return status === 0;
}

const quoted = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");

function runBlocks(blocks: readonly Block[], scratch: string, work: string): boolean {
  const modules = new Map(
    blocks.filter((b) => b.language === "ts").map((b) => [b, path.join(scratch, `line-${b.line}.ts`)]),
  );
  for (const [block, module] of modules) writeFileSync(module, `${block.code}\nexport {};\n`);
  const config = path.join(scratch, "tsconfig.json");
  const compilerOptions = {
    paths: { sketchprior: [path.join(root, "src/index.ts")] },
    ...{ noUnusedLocals: false, noUnusedParameters: false, rootDir: root },
  };
  writeFileSync(
    config,
    JSON.stringify({ extends: path.join(root, "tsconfig.json"), compilerOptions, include: ["*.ts"] }),
  );
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  let good =
    modules.size === 0 ||
    attempt(
      `types of ${modules.size} ts blocks`,
      process.execPath,
      [tsc, "--noEmit", "--pretty", "false", "-p", config],
      { cwd: root },
    );
  for (const block of blocks) {
    const module = modules.get(block);
    if (module) {
      const env = { ...process.env, TSX_TSCONFIG_PATH: config };
      good =
        attempt(`ts block of line ${block.line}`, process.execPath, ["--import", tsx, module], { cwd: work, env }) &&
        good;
    }
    for (const line of block.language === "sh" ? shellLines(block.code) : []) {
      const [, words] = /^npx sketchprior\b(.*)/.exec(line) ?? [];
      if (words === undefined) console.log(`left out: ${line}`);
      else good = attempt(line, "sh", ["-c", quoted(cli) + words], { cwd: work }) && good;
    }
  }
  return good;
}

function main(): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    console.log(`${file}: no such file`);
    return 1;
  }
  const blocks = codeBlocks(text).filter(
    ({ language, code }) => language === "ts" || (language === "sh" && /^(\$ )?npx sketchprior\b/m.test(code)),
  );
  if (blocks.length === 0) {
    console.log(`${path.basename(file)}: has no ts block and no sh block with a line "npx sketchprior …" to run`);
    return 1;
  }
  mkdirSync(path.join(root, "dist"), { recursive: true }); // ignored by git, and inside the package, where imports resolve
  const scratch = mkdtempSync(path.join(root, "dist", "readme-"));
  const work = mkdtempSync(path.join(os.tmpdir(), "sketchprior-readme-"));
  try {
    return runBlocks(blocks, scratch, work) ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) process.exitCode = main();
