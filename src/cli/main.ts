#!/usr/bin/env node
import { runCommandLine } from "./run.ts";

// A reader that closes the pipe early (`| head`) is no failure of this program.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2));
if (process.exitCode > 128) process.exit(); // interrupted: whatever still runs is not waited for
