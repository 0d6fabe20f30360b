import { Presets, SingleBar } from "cli-progress";
import type { Progress } from "../engine/iterate.ts";

/** Seconds between the lines that replace the bar where stderr is not a terminal. */
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
  const started = now();
  return stream.isTTY ? bar(label, stream, started, now) : lines(label, stream, started, now);
}

function bar(label: string, stream: NodeJS.WriteStream, started: number, now: () => number): ProgressDisplay {
  const single = new SingleBar(
    {
      format: `${label} {bar} {value}/{total} {details}`,
      ...{ stream, clearOnComplete: true, hideCursor: true, barsize: 24, fps: 8, gracefulExit: false },
    },
    Presets.shades_classic,
  );
  let open = false;
  return {
    update: (progress) => {
      const details = describe(progress, (now() - started) / 1000).join(", ");
      if (!open) single.start(progress.maxSteps, progress.step, { details });
      open = true;
      single.update(progress.step, { details });
    },
    stop: () => {
      if (open) single.stop();
    },
  };
}

function lines(label: string, stream: NodeJS.WriteStream, started: number, now: () => number): ProgressDisplay {
  let last = started;
  return {
    update: (progress) => {
      if (now() - last < LINE_EVERY * 1000) return;
      last = now();
      const details = describe(progress, (last - started) / 1000).join(", ");
      stream.write(`${label}: ${progress.step} of ${progress.maxSteps}, ${details}\n`);
    },
    stop: () => {},
  };
}

/** Rate, objective where it is a number, and time left, for a progress reached after some seconds. */
export function describe({ step, maxSteps, objective }: Progress, seconds: number): string[] {
  const rate = step / Math.max(seconds, 1e-3);
  return [
    `${rate >= 10 ? Math.round(rate) : rate.toPrecision(2)}/s`,
    ...(Number.isFinite(objective) ? [`objective ${objective.toPrecision(4)}`] : []),
    `${duration((maxSteps - step) / rate)} left`,
  ];
}

/** 45 s, 3 min 20 s, 2 h 5 min */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
