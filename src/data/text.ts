/** A readable count: 60 000. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, " ");

/** So many of something: 1 step, 60 000 steps. */
export const counted = (value: number, noun: string): string => `${grouped(value)} ${noun}${value === 1 ? "" : "s"}`;

/** A readable shape: 28×28. */
export const shapeText = (shape: readonly number[]): string => shape.join("×") || "scalar";
