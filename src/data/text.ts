/** A readable count: 60 000. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, " ");

/** A readable shape: 28×28. */
export const shapeText = (shape: readonly number[]): string => shape.join("×") || "scalar";

/** A range for people, `0.05 to 0.2`; of one number, the number. */
export const rangeText = (range: readonly [number, number]): string =>
  [...new Set(range.map((v) => Number(v.toPrecision(4))))].join(" to ");
