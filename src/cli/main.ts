#!/usr/bin/env node
import { runCommandLine } from "./run.ts";

// If a reader closes the pipe early (`| head`), this is not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2));
if (process.exitCode > 128) process.exit(); // interrupted: does not wait for what still runs
