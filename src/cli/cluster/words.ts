/** Options of `cluster slurm` itself: those that take a value, and those that do not. All others are of the command that is shared out. */
const VALUED = ["shards", "at-once", "sbatch", "setup", "retries"];
const FLAGS = ["submit", "json", "quiet", "force", "debug"];

/** The words of a command line without some options, which take a value or do not. */
export function wordsWithout(words: readonly string[], valued: readonly string[], flags: readonly string[]): string[] {
  const left: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const [, name, value] = /^--?([^=]+)(=.*)?$/s.exec(words[at]!) ?? [];
    if (name !== undefined && flags.includes(name)) continue;
    if (name !== undefined && valued.includes(name)) {
      if (value === undefined) at++;
      continue;
    }
    left.push(words[at]!);
  }
  return left;
}

/** The words of a command line without the options of `cluster slurm`: what is left is a command line of its own. */
export const sharedWords = (words: readonly string[]): string[] => wordsWithout(words, VALUED, FLAGS);
