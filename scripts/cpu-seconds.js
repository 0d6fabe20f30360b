// Loaded before a test file by scripts/test.ts: at its end the process writes the seconds of a processor that it took to file descriptor 3.
// Where /proc has them (Linux), those of the processes that it started and waited for are included.
import { readFileSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** User and system time of children that ended: fields 16 and 17 of proc(5)'s stat, in ticks of which Linux tells 100 a second. */
function ofChildren() {
  try {
    const afterName = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1).split(" ");
    return (Number(afterName[13]) + Number(afterName[14])) / 100;
  } catch {
    return 0;
  }
}

if (isMainThread && !process.send) {
  // a process that the test forked has its loader too, but not its descriptor 3
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, String((user + system) / 1e6 + ofChildren()));
  });
}
