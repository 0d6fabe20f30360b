import { mkdir, unlink } from "node:fs/promises";
import path from "node:path";
import { InputError, messageOf } from "../src/data/errors.ts";

/** The files of prior folders of every kind. prior.json comes first: without it the others are no prior. */
const files = ["prior.json", "mixture.npz", "weights.npz", "generator.onnx", "samples.png", "checkpoint.npz"];

/**
 * Makes a prior's folder where there is none, and removes the files of the prior that it held, so that no file of one prior
 * lies beside those of another. `keep` names files that stay; files of other names are never touched.
 * Errors (InputError): a folder that cannot be made or emptied.
 */
export async function emptyPriorFolder(folder: string, keep: readonly string[] = []): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const name of files.filter((file) => !keep.includes(file))) {
      await unlink(path.join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    }
  } catch (error) {
    throw new InputError(`${folder}: cannot make the prior's folder, ${messageOf(error)}`);
  }
}
