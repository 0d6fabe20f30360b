/** What a private sketch promises its owners; it holds for all that is made of the sketch. */
export interface Privacy {
  /** The largest ε and δ of all owners. */
  readonly epsilon: number;
  readonly delta: number;
  /** Owners of disjoint data. */
  readonly owners: number;
  /** Present where the noise was drawn from a known seed, so that nothing is private. */
  readonly seeded?: true;
}

/** The promise for people. */
export const privacyText = ({ epsilon, delta, owners, seeded }: Privacy): string =>
  seeded
    ? "NOT PRIVATE, the noise was drawn from a known seed"
    : `private, ε = ${epsilon}, δ = ${delta}${owners > 1 ? `, of each of ${owners} owners` : ""}`;
