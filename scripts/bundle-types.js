import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Types of browsers and GPUs that hosts may lack: opaque here, so that the declarations need no library but ECMAScript and Node. */
const OPAQUE =
  /\b(HTML(?:Canvas|Image|Video|Source)Element|ImageBitmap|ImageData|WebGLTexture|WebGLContextAttributes|GPUBuffer|GPUDevice|File|IDBFactory|Navigator|Storage|Long)\b/g;

/** The declarations that these files need, with the file extensions that Node's resolution of ES modules asks for. */
export function copyTypes(entries, from, to) {
  const done = new Set();
  const copy = (file) => {
    if (done.has(file)) return;
    done.add(file);
    const resolved = (target) =>
      target.startsWith(CORE) ? path.join(from, target.slice(CORE.length)) : path.resolve(path.dirname(file), target);
    const relative = (target) => {
      const base = resolved(target);
      const found = [`${base}.d.ts`, path.join(base, "index.d.ts")].find((name) => existsSync(name));
      if (!found) throw new Error(`bundle-tfjs: ${file} imports ${target}, which has no declarations`);
      copy(found);
      const way = path.relative(path.dirname(file), found).replaceAll(path.sep, "/");
      return `${way.startsWith(".") ? way : `./${way}`}`.replace(/\.d\.ts$/, ".js");
    };
    const text = readFileSync(file, "utf8")
      .replace(/^\/\/\/ <reference .*\n/gm, "")
      .replace(IMPORTS, (_, head, quote, target) => `${head}${quote}${relative(target)}${quote}`);
    const used = new Set(text.replace(COMMENTS, "").match(OPAQUE));
    const target = path.join(to, path.relative(from, file));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, [...used].map((name) => `type ${name} = object;\n`).join("") + text);
  };
  for (const entry of entries) copy(path.join(from, entry));
}

const CORE = "@tensorflow/tfjs-core/dist/";
const IMPORTS = /((?:from|import|declare module)\s*\(?\s*)(['"])((?:\.|@tensorflow\/tfjs-core\/dist\/)[^'"]*)\2/g;
const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;
