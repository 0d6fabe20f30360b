import { createHash } from "node:crypto";
import os from "node:os";
import type * as Ort from "onnxruntime-node";

/**
 * What the engine needs of its host, here Node; everything else in this folder but `doctor.ts` is the same in a browser.
 */

/** Settings that the user gave outside of the program. */
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
    // Another module that is missing, of its own or its native library, is a fault and not an absence.
    const { code, message = "" } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${NATIVE_TFJS}'`)) return false;
    throw error;
  }
}
