/** A readable count: 60 000. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, " ");

/** A readable shape: 28×28. */
export const shapeText = (shape: readonly number[]): string => shape.join("×") || "scalar";
