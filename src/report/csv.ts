/** A field of CSV: in quotes if it needs them, empty for no value. */
const csvField = (value: string | number | undefined): string => {
  const text = value === undefined ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Objects of the same names as CSV, the names in the first line. */
export const csvOf = (rows: readonly Readonly<Record<string, string | number | undefined>>[]): string =>
  [Object.keys(rows[0] ?? {}), ...rows.map(Object.values)].map((row) => `${row.map(csvField).join(",")}\n`).join("");
