/** What can be learned from a sketch alone besides priors. Start at `tasks` (tasks.ts). */
export { LEARNED_FORMAT, learnedFacts, saveLearned } from "./file.ts";
export type { Learned, TaskOptions } from "./task.ts";
export { learn, type TaskName, taskNames, tasks } from "./tasks.ts";
