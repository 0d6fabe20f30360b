import { gan } from "./gan.ts";
import { mmd } from "./mmd.ts";
import { sketch } from "./sketch.ts";
import type { Method } from "./teacher.ts";

export const methodNames = ["sketch", "mmd", "gan"] as const;
export type MethodName = (typeof methodNames)[number];

/** What a network can be trained by. To add a method: its file, its name above, its entry here. */
export const methods: { readonly [K in MethodName]: Method } = { sketch, mmd, gan };
