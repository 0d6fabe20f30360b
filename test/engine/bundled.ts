import path from "node:path";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "../..");

/** Code bundled for a browser, where a module of Node is an error. The engine's binding to its host is left out. */
export const bundled = (contents: string) =>
  build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    ...{ bundle: true, write: false, platform: "browser", format: "esm", logLevel: "silent" },
    external: ["onnxruntime-node"],
    plugins: [
      {
        name: "host binding",
        setup: ({ onResolve }) => onResolve({ filter: /\/node\.ts$/ }, ({ path }) => ({ path, external: true })),
      },
    ],
  });
