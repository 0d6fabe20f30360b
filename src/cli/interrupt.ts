/** Thrown by `signal.throwIfAborted()` after Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;
  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/** The time that an interrupted command has to stop by itself. */
const GRACE_MS = 1800;

/**
 * Runs a task that Ctrl-C (and SIGTERM) can end. The first signal aborts the AbortSignal; the result is an `Interrupted` error, at the
 * latest after a grace period. A second signal ends the process at once.
 */
export async function interruptible<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let late: NodeJS.Timeout | undefined;
  let giveUp: (error: Interrupted) => void = () => {};
  const abandoned = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const stop = (exitCode: number) => () => {
    if (controller.signal.aborted) process.exit(exitCode);
    const interrupted = new Interrupted(exitCode);
    controller.abort(interrupted);
    late = setTimeout(giveUp, GRACE_MS, interrupted);
  };
  const [onInt, onTerm] = [stop(130), stop(143)];
  process.on("SIGINT", onInt).on("SIGTERM", onTerm);
  try {
    return await Promise.race([task(controller.signal), abandoned]);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(late);
    process.off("SIGINT", onInt).off("SIGTERM", onTerm);
  }
}
