/** A count for people: 60 000. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, " ");

/** A shape for people: 28×28. */
export const shapeText = (shape: readonly number[]): string => shape.join("×") || "scalar";
