// The script of a report: sorting, the enlarged pictures, figures as files. Without it the page shows the same, at rest.

/** Sorts a table by the column whose head is pressed: ascending, descending, as it was. */
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const keyOf = (row, at) => {
    const cell = row.cells[at];
    const number = cell.dataset.v;
    return number === undefined ? cell.textContent : number === "" ? Number.POSITIVE_INFINITY : Number(number);
  };
  for (const [at, head] of heads.entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: "none" }[head.ariaSort] ?? "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      if (next !== "none") head.ariaSort = next;
      const sign = next === "descending" ? -1 : 1;
      const compared = (a, b) => {
        const [x, y] = [keyOf(a, at), keyOf(b, at)];
        if (x === y) return 0;
        if (x === Number.POSITIVE_INFINITY || y === Number.POSITIVE_INFINITY) return x < y ? -1 : 1; // no value: last, either way
        return typeof x === "string" ? sign * x.localeCompare(y, undefined, { numeric: true }) : sign * (x - y);
      };
      table.classList.toggle("sorted", next !== "none");
      body.append(...(next === "none" ? rows : [...rows].sort(compared)));
    });
  }
}

/** The enlarged pictures of one cell; the arrow keys go to the cells beside, above and below. */
const zoom = document.getElementById("zoom");
let shown;
const neighbours = {
  ArrowLeft: (cell) => cell.previousElementSibling,
  ArrowRight: (cell) => cell.nextElementSibling,
  ArrowUp: (cell) => cell.parentElement.previousElementSibling?.cells[cell.cellIndex],
  ArrowDown: (cell) => cell.parentElement.nextElementSibling?.cells[cell.cellIndex],
};
const enlarge = (cell) => {
  if (!cell?.querySelector("img")) return;
  shown = cell;
  const row = cell.parentElement;
  const heads = cell.closest("table").tHead.rows[0].cells;
  const titles = { estimate: heads[cell.cellIndex].textContent, error: "error", deviation: "standard deviation" };
  const pictures = [
    ...(cell.cellIndex === 1 ? [] : [[row.cells[1].querySelector("img"), "true"]]),
    ...[...cell.querySelectorAll("img")].map((img) => [img, titles[img.dataset.kind] ?? titles.estimate]),
  ];
  const figures = pictures.map(([img, title]) => {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = title;
    figure.append(img.cloneNode(), caption);
    return figure;
  });
  const section = cell.closest("section");
  zoom.querySelector("h3").textContent =
    `${section.querySelector("h3").textContent}, signal ${row.cells[0].textContent}`;
  zoom.querySelector(".zoomed").replaceChildren(...figures);
  zoom.querySelector(".scale").innerHTML = section.querySelector(".scale").innerHTML;
  zoom.querySelector(".about").textContent = [heads[cell.cellIndex].textContent, cell.dataset.about]
    .filter(Boolean)
    .join(": ");
  for (const button of zoom.querySelectorAll("[data-key]")) {
    button.disabled = !neighbours[button.dataset.key](cell)?.querySelector("img");
  }
  if (!zoom.open) zoom.showModal();
};
for (const img of document.querySelectorAll(".panel img")) {
  const cell = img.closest("td");
  const [signal, method] = [cell.parentElement.cells[0], cell.closest("table").tHead.rows[0].cells[cell.cellIndex]];
  cell.tabIndex = 0;
  cell.role = "button";
  cell.ariaLabel = `signal ${signal.textContent}, ${method.textContent}: enlarge`;
}
document.addEventListener("click", ({ target }) => {
  if (target.closest?.(".panel td img")) enlarge(target.closest("td"));
  if (target === zoom) zoom.close(); // beside its content
});
document.addEventListener("keydown", (event) => {
  const cell = document.activeElement?.closest?.(".panel td");
  if (zoom.open && neighbours[event.key]) enlarge(neighbours[event.key](shown));
  else if (!zoom.open && cell && (event.key === "Enter" || event.key === " ")) enlarge(cell);
  else return;
  event.preventDefault();
});
for (const button of zoom?.querySelectorAll("[data-key]") ?? []) {
  button.addEventListener("click", () => enlarge(neighbours[button.dataset.key](shown)));
}
zoom?.addEventListener("close", () => shown?.focus());

/** A figure as a file: its drawing with the page's colours, its numbers as CSV or JSON. */
const save = (name, blob) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
const drawingOf = (figure) => {
  const svg = figure.querySelector("svg").cloneNode(true);
  const { width, height } = figure.querySelector("svg").viewBox.baseVal;
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = document.getElementById("plots").textContent;
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("style", "fill:var(--ground)");
  svg.prepend(style, ground);
  return { text: new XMLSerializer().serializeToString(svg), width, height };
};
const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const files = {
  SVG: async (figure) => new Blob([drawingOf(figure).text], { type: "image/svg+xml" }),
  PNG: async (figure) => {
    const { text, width, height } = drawingOf(figure);
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * width;
    canvas.height = 2 * height;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  },
  CSV: async (figure) => {
    const { columns, rows } = JSON.parse(figure.querySelector("script").textContent);
    const lines = [columns, ...rows].map((row) => row.map((value) => quoted(String(value ?? ""))).join(","));
    return new Blob([`${lines.join("\n")}\n`], { type: "text/csv" });
  },
  JSON: async (figure) => new Blob([figure.querySelector("script").textContent], { type: "application/json" }),
};
for (const figure of document.querySelectorAll("figure[data-name]")) {
  const bar = document.createElement("span");
  bar.className = "files";
  for (const [format, make] of Object.entries(files)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = format;
    button.title = `Save this figure as ${format}`;
    button.addEventListener("click", async () => {
      save(`${figure.dataset.name}.${format.toLowerCase()}`, await make(figure));
    });
    bar.append(button);
  }
  figure.querySelector("figcaption").append(" ", bar);
}

/** The commands, into the clipboard. */
for (const pre of document.querySelectorAll("pre.command")) {
  if (!navigator.clipboard) continue; // pages that are opened as files have one in some browsers alone
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.querySelector("code").textContent);
    button.textContent = "copied";
  });
  pre.append(button);
}
