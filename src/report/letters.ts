/** Rows of a letter and dots of a row. */
export const LETTER = { width: 5, height: 7 } as const;

/** The letters that plots need, 5 × 7 dots each: a base-32 digit a row, its highest bit on the left. */
const letters: Readonly<Record<string, string>> = {
  "0": "ehjlphe",
  "1": "4c4444e",
  "2": "eh1248v",
  "3": "v2421he",
  "4": "26aiv22",
  "5": "vgu11he",
  "6": "68guhhe",
  "7": "v124888",
  "8": "ehhehhe",
  "9": "ehhf12c",
  ".": "00000cc",
  "-": "000v000",
  "|": "4444444",
  a: "00e1fhf",
  d: "11djhhf",
  e: "00ehvge",
  g: "0fhhf1e",
  i: "40c444e",
  k: "ggikoki",
  l: "c44444e",
  n: "00mphhh",
  o: "00ehhhe",
  p: "00uhugg",
  r: "00mpggg",
  s: "00ege1u",
  t: "88s8896",
  v: "00hhha4",
  z: "00v248v",
  ω: "00ahlla",
  " ": "0000000",
};

/** The dots of a letter, [column, row] from its top left. Errors (RangeError): a letter that is not drawn yet. */
export function letterDots(letter: string): (readonly [number, number])[] {
  const rows = letters[letter];
  if (rows === undefined) throw new RangeError(`letters: no "${letter}" yet; add it to src/report/letters.ts`);
  return [...rows].flatMap((digit, row) => {
    const bits = Number.parseInt(digit, 32);
    return [0, 1, 2, 3, 4].filter((column) => bits & (16 >> column)).map((column) => [column, row] as const);
  });
}
