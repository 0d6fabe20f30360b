import { packageVersion } from "../data/package.ts";
import { libraryVersions, processorsText } from "../engine/doctor.ts";
import { engineSettings } from "../engine/settings.ts";

/** Versions of the program and of what it runs on, for a report. */
export function reportVersions(): Readonly<Record<string, string>> {
  const { engine, device, threads } = engineSettings();
  return {
    sketchprior: packageVersion(),
    ...libraryVersions(),
    engine: `${engine} on ${device}, threads: ${threads}`,
    system: `${process.platform} ${process.arch}, ${processorsText()}`,
  };
}

/** A command line as a shell takes it: words that it would read otherwise are in quotes. */
export const commandLine = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
