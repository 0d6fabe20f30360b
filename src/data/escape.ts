const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe for HTML and SVG, between tags and in attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c]!);

/** A method's name as HTML that may break after its colons, commas and equals signs. */
export const breakable = (name: string): string => escapeHtml(name).replace(/[:,=](?!\s)/g, "$&<wbr>");
