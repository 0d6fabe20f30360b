/** `steps: 40 and 50; seed: 1 and 2`: the fields that differ, saved and given; empty if none does. */
export function differing(saved: object, given: object): string {
  const [left, right] = [saved, given] as Record<string, unknown>[];
  return [...new Set([...Object.keys(left!), ...Object.keys(right!)])]
    .map((key) => ({ key, a: JSON.stringify(left![key]), b: JSON.stringify(right![key]) }))
    .filter(({ a, b }) => a !== b)
    .map(({ key, a, b }) => `${key}: ${a ?? "none"} and ${b ?? "none"}`)
    .join("; ");
}
