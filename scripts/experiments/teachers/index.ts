import type { Dataset } from "../../../src/data/rows.ts";
import type { SketchDesign } from "../../../src/sketch/index.ts";
import { dataInUnits } from "./data.ts";
import { ganTeacher } from "./gan.ts";
import { mmdTeacher } from "./mmd.ts";
import type { MakeTeacher } from "./teacher.ts";

export const methodNames = ["mmd", "gan"] as const;
export type MethodName = (typeof methodNames)[number];

const makers = { mmd: mmdTeacher, gan: ganTeacher };

/** A teacher that uses the data themselves. The sketch still gives decoder, start and validation. */
export const teacherFrom =
  (method: MethodName, data: Dataset, design: SketchDesign): MakeTeacher =>
  async (lesson) =>
    makers[method](lesson, await dataInUnits(data, design, lesson.target));
