import { createHash } from "node:crypto";
import os from "node:os";
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
