import { Presets, SingleBar } from "cli-progress";
import type { Progress } from "../engine/iterate.ts";

/** Seconds between the lines that replace the bar if stderr is not a terminal. */
const LINE_EVERY = 10;

export interface ProgressDisplay {
  update(progress: Progress): void;
  /** Takes the bar off the screen. */
  stop(): void;
}

/** A progress bar with rate, objective and time left on a terminal; otherwise one line every ten seconds. */
export function openProgress(
  label: string,
  stream: NodeJS.WriteStream,
  now = () => performance.now(),
): ProgressDisplay {
  return stream.isTTY ? bar(label, stream, now) : lines(label, stream, now);
}

function bar(label: string, stream: NodeJS.WriteStream, now: () => number): ProgressDisplay {
  const single = new SingleBar(
    {
      format: `${label}{task} {bar} {value}/{total} {details}`,
      ...{ stream, clearOnComplete: true, hideCursor: true, barsize: 24, fps: 8, gracefulExit: false },
    },
    Presets.shades_classic,
  );
  const pace = new Pace();
  let open = false;
  return {
    update: (progress) => {
      const details = describe(progress, pace.at(progress, now())).join(", ");
      const payload = { details, task: taskOf(progress) };
      if (!open) single.start(progress.maxSteps, progress.step, payload);
      open = true;
      single.setTotal(progress.maxSteps);
      single.update(progress.step, payload);
    },
    stop: () => {
      if (open) single.stop();
    },
  };
}

function lines(label: string, stream: NodeJS.WriteStream, now: () => number): ProgressDisplay {
  const pace = new Pace();
  let last = now();
  return {
    update: (progress) => {
      const time = now();
      const rate = pace.at(progress, time);
      if (time - last < LINE_EVERY * 1000) return;
      last = time;
      const details = describe(progress, rate).map((detail) => `, ${detail}`);
      stream.write(`${label}${taskOf(progress)}: ${progress.step} of ${progress.maxSteps}${details.join("")}\n`);
    },
    stop: () => {},
  };
}

const taskOf = ({ task }: Progress): string => (task === undefined ? "" : `, ${task}`);

/** Steps per second since the first report of a task. Preparation before it and the earlier steps of a resumed run do not count. Steps that fall are a task begun anew. */
class Pace {
  #first: { readonly progress: Progress; readonly time: number } | undefined;
  #last = 0;

  at(progress: Progress, time: number): number | undefined {
    const first = this.#first;
    const fell = progress.step < this.#last;
    this.#last = progress.step;
    if (!first || progress.task !== first.progress.task || fell) {
      this.#first = { progress, time };
      return undefined;
    }
    const seconds = (time - first.time) / 1000;
    return progress.step > first.progress.step && seconds > 0
      ? (progress.step - first.progress.step) / seconds
      : undefined;
  }
}

/** Rate, objective (if it is a number) and time left. If a settled objective can end the run early, the time left is "at most". */
export function describe({ step, maxSteps, objective }: Progress, rate: number | undefined): string[] {
  const minimised = Number.isFinite(objective);
  return [
    ...(rate === undefined ? [] : [`${rate >= 10 ? Math.round(rate) : rate.toPrecision(2)}/s`]),
    ...(minimised ? [`objective ${objective.toPrecision(4)}`] : []),
    ...(rate === undefined ? [] : [`${minimised ? "at most " : ""}${duration((maxSteps - step) / rate)} left`]),
  ];
}

/** 45 s, 3 min 20 s, 2 h 5 min */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
