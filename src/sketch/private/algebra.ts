import { InputError } from "../../data/errors.ts";
import type { PrivateSums } from "./contribution.ts";
import type { PrivateSketch } from "./release.ts";

/**
 * The private sketch of the data of several owners together. Each owner's people were promised their own ε and δ, and that stays so, provided that no person's sample is with
 * two owners: what the others add does not depend on it. Noise adds up.
 * Errors (InputError): different designs; the same release twice.
 */
export function mergePrivate(first: PrivateSketch, ...others: readonly PrivateSketch[]): PrivateSketch {
  const { design } = first;
  const owners = [...first.owners];
  const sums: PrivateSums = Object.fromEntries(Object.entries(first.sums).map(([name, sum]) => [name, sum.slice()]));
  for (const [i, other] of others.entries()) {
    if (other.design.fingerprint !== design.fingerprint) {
      throw new InputError(
        `merge: private sketches 1 and ${i + 2} have different designs; make the second with --design, from the file of the first`,
      );
    }
    for (const owner of other.owners) {
      if (owners.some(({ id }) => id === owner.id)) {
        throw new InputError(
          `merge: private sketch ${i + 2} holds a release that would count twice (${owner.id}); leave it out`,
        );
      }
      owners.push(owner);
    }
    for (const [name, sum] of Object.entries(other.sums)) {
      const own = sums[name as keyof PrivateSums]!;
      for (let at = 0; at < own.length; at++) own[at]! += sum[at]!;
    }
  }
  return { design, owners, sums };
}
