import type { AnyCommand } from "../command.ts";
import { checkOperator } from "./check-operator.ts";
import { cluster } from "./cluster.ts";
import { compare } from "./compare.ts";
import { design } from "./design.ts";
import { doctor } from "./doctor.ts";
import { evaluate } from "./evaluate.ts";
import { inspect } from "./inspect.ts";
import { learn } from "./learn.ts";
import { measure } from "./measure.ts";
import { merge } from "./merge.ts";
import { reconstruct } from "./reconstruct.ts";
import { sample } from "./sample.ts";
import { sketch } from "./sketch.ts";
import { subtract } from "./subtract.ts";
import { train } from "./train.ts";

export const commandNames = [
  ...(["design", "sketch", "merge", "subtract", "train", "sample", "evaluate", "learn"] as const),
  ...(["measure", "reconstruct", "compare", "inspect", "cluster", "check-operator", "doctor"] as const),
] as const;
export type CommandName = (typeof commandNames)[number];

/** Every command, in the order of `--help`. To add one: its file, its name above, its entry here, its test. */
export const commands: { readonly [K in CommandName]: AnyCommand } = {
  design,
  sketch,
  merge,
  subtract,
  train,
  sample,
  evaluate,
  learn,
  measure,
  reconstruct,
  compare,
  inspect,
  cluster,
  "check-operator": checkOperator,
  doctor,
};
