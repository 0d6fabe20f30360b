/**
 * Holm's adjusted p-values (Holm 1979): with p₁ ≤ … ≤ p_k in order, p̃ᵢ = max over j ≤ i of min(1, (k − j + 1) pⱼ). Whoever rejects where
 * p̃ ≤ α makes one false rejection or more with a probability of at most α, however the k tests depend on each other.
 */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const adjusted = new Array<number>(values.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (values.length - rank) * values[i]!));
    adjusted[i] = largest;
  }
  return adjusted;
}
