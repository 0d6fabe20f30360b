import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type * as Ort from "onnxruntime-node";

/**
 * What the engine needs from its host, which is Node here. Everything else in this folder, except `doctor.ts`, is the same in a browser.
 */

/** Environment variables, in which the user may give settings. */
export const environment = (): Readonly<Record<string, string | undefined>> => process.env;

/** Processors that this process may use. */
export const availableThreads = (): number => os.availableParallelism();

/** A key for equal bytes. */
export const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** ONNX Runtime. */
export async function loadOnnxRuntime(): Promise<typeof Ort> {
  const module = await import("onnxruntime-node");
  return "default" in module ? (module.default as typeof Ort) : module;
}

const NATIVE_TFJS = "@tensorflow/tfjs-node";

/** Loads TensorFlow's native library, which registers itself with TensorFlow.js; false where it is not installed. */
export async function loadNativeTfjs(): Promise<boolean> {
  try {
    await import(NATIVE_TFJS);
    return true;
  } catch (error) {
    // If another module or its native library is missing, it is installed but broken.
    const { code, message = "" } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${NATIVE_TFJS}'`)) return false;
    throw error;
  }
}

/** Another process that runs one of this program's modules, which answers messages in turn (`answerMessages`). */
export interface Helper {
  /** Sends a message; what it answers. Errors: what it threw, or that it ended. */
  ask(message: unknown): Promise<unknown>;
  /** Lets it end. */
  end(): void;
}

/** An answer: a value or the text of an error. */
interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** Starts a helper with the module `name` beside the module `caller` (its `import.meta.url`). It ends when this process does. */
export function startHelper(name: string, caller: string): Helper {
  const file = fileURLToPath(new URL(`${name}${path.extname(fileURLToPath(caller))}`, caller));
  const child = fork(file, [], {
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ignore", "ipc"],
  });
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  let ended: Error | undefined;
  const fail = (error: Error) => {
    ended = error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  child.on("message", ({ value, error }: Answer) => {
    const asked = waiting.shift();
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  });
  child.on("error", fail);
  child.on("exit", (code, signal) => fail(new Error(`a helper process ended early (${signal ?? `code ${code}`})`)));
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiting.push({ resolve, reject });
        child.send(message as object, (error) => error && fail(error));
      }),
    end: () => {
      if (child.connected) child.disconnect();
    },
  };
}

/** What a helper does: it answers every message, one after the other. Ctrl-C goes to all processes of a terminal; the one that started it decides. */
export function answerMessages(answer: (message: never) => Promise<unknown>): void {
  let before: Promise<unknown> = Promise.resolve();
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());
  process.on("message", (message) => {
    before = before
      .then(() => answer(message as never))
      .then(
        (value): Answer => ({ value }),
        (error): Answer => ({ error: error instanceof Error ? error.message : String(error) }),
      )
      .then((reply) => process.send!(reply));
  });
}
