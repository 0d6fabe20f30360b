import * as tf from "#tf";
import { messageOf } from "../data/errors.ts";
import { loadNativeTfjs } from "./node.ts";

/** The back end of TensorFlow.js that runs functions operation by operation. */
export interface EagerBackend {
  readonly name: "tensorflow" | "cpu";
  /** Why the native back end is not used although it is installed. */
  readonly problem?: string;
}

let found: Promise<EagerBackend> | undefined;

/** TensorFlow's native back end if @tensorflow/tfjs-node loads, else JavaScript. Warns once if it is installed but fails to load. */
export function eagerBackend(): Promise<EagerBackend> {
  found ??= chooseBackend(loadNativeTfjs).then((backend) => {
    if (backend.problem) console.warn(`warning: engine tfjs: ${backend.problem}; JavaScript runs instead, slowly`);
    return backend;
  });
  return found;
}

/** `load` registers the native back end. It resolves to false if it is not installed, and rejects if it is but cannot be loaded. */
export async function chooseBackend(load: () => Promise<boolean>): Promise<EagerBackend> {
  const previous = tf.getBackend();
  try {
    if (!(await load())) return { name: "cpu" };
    if (previous) tf.setBackend(previous); // tfjs-node makes itself the active one
  } catch (error) {
    const reason = messageOf(error).split("\n")[0];
    return { name: "cpu", problem: `@tensorflow/tfjs-node is installed but could not be loaded (${reason})` };
  }
  if (tf.findBackendFactory("tensorflow")) return { name: "tensorflow" };
  return { name: "cpu", problem: '@tensorflow/tfjs-node was loaded but registered no back end "tensorflow"' };
}

/** Runs `body`, which must be synchronous, on this back end, and then restores the one that was active before. */
export function withBackend<T>(name: string, body: () => T): T {
  const previous = tf.getBackend();
  tf.setBackend(name);
  try {
    return body();
  } finally {
    if (previous) tf.setBackend(previous);
    // None was chosen yet. The surrounding program will still choose its own by priority when it first computes.
    else Object.assign(tf.engine(), { backendName: null, backendInstance: null });
  }
}
