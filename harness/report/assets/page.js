"use strict";
// Dark and light, sorted tables, and the course of one tensor. Nothing is fetched.
const root = document.documentElement;
document.getElementById("theme")?.addEventListener("click", () => {
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

for (const head of document.querySelectorAll("table.sortable th")) {
  const sort = () => {
    const column = head.cellIndex, body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") !== "descending";
    const value = (row) => {
      const text = row.cells[column].textContent.trim();
      if (text === "–" || text === "") return -Infinity;
      if (text === "∞") return Infinity;
      const number = text.match(/^-?[\d,]*\.?\d+(e[+-]?\d+)?(?=[%×x]?( |$))/);
      return number ? Number(number[0].replaceAll(",", "")) / (text.endsWith("%") ? 100 : 1) : text;
    };
    const rows = [...body.rows].sort((a, b) => {
      const x = value(a), y = value(b);
      const order = typeof x === typeof y ? (x > y) - (x < y) : typeof x === "string" ? 1 : -1;
      return down ? -order : order;
    });
    for (const other of head.parentNode.cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  };
  head.addEventListener("click", sort);
  head.addEventListener("keydown", (event) => event.key === "Enter" && sort());
}

const told = document.getElementById("data");
if (told) {
  const { tensors, backends } = JSON.parse(told.textContent);
  const panel = document.getElementById("course");
  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const lines = [
    ["budget", "envelope", "budget"],
    ["relative", "threads", "difference of the engines"],
    ["theirs", "theirs", `error of ${escaped(backends[1])} against float64`],
    ["mine", "mine", `error of ${escaped(backends[0])} against float64`],
  ];
  const draw = (t) => {
    const values = lines.flatMap(([name]) => t[name]).filter((v) => v > 0);
    if (!values.length) return "<p class='soft'>No difference at any step.</p>";
    const low = Math.log10(Math.min(...values)) - 0.2, high = Math.log10(Math.max(...values)) + 0.2;
    const last = t.step[t.step.length - 1], first = t.step[0];
    const x = (s) => 60 + ((s - first) / Math.max(last - first, 1)) * 1020;
    const y = (v) => 200 - ((Math.log10(v) - low) / (high - low)) * 190;
    let svg = "";
    for (let k = Math.ceil(low); k <= high; k++) {
      svg += `<line class="grid" x1="60" x2="1080" y1="${y(10 ** k)}" y2="${y(10 ** k)}"/>`;
      svg += `<text x="52" y="${y(10 ** k) + 4}" text-anchor="end">1e${k}</text>`;
    }
    for (const [name, style] of lines) {
      const points = t[name].map((v, i) => (v > 0 ? `${x(t.step[i])},${y(v)}` : null)).filter(Boolean);
      if (points.length) svg += `<polyline class="${style}" points="${points.join(" ")}"/>`;
    }
    svg += `<text x="60" y="222">step ${first}</text><text x="1080" y="222" text-anchor="end">${last}</text>`;
    const keys = lines.map(([, style, words]) =>
      `<span><svg viewBox="0 0 18 14" width="18" height="14" aria-hidden="true"><line class="${style}" x1="0" x2="18" y1="7" y2="7"/></svg>${words}</span>`);
    return `<svg viewBox="0 0 1100 228" role="img" aria-label="Course over the steps">${svg}</svg><p class="legend">${keys.join("")}</p>`;
  };
  const errors = (t) => {
    const found = t.histogram;
    if (!found) return "";
    const bins = found.mine.length, slot = 1020 / bins;
    const most = Math.max(...found.mine, ...found.theirs, 1);
    let svg = "";
    for (let k = 0; k < bins; k++) {
      [["theirs", 0.08], ["mine", 0.5]].forEach(([side, place]) => {
        const high = (found[side][k] / most) * 120;
        if (high) svg += `<rect class="${side} bar" x="${60 + (k + place) * slot}" y="${135 - high}" width="${slot * 0.4}" height="${high}"><title>${found[side][k]} elements of ${escaped(backends[side === "mine" ? 0 : 1])}</title></rect>`;
      });
      const power = found.low + k - 1, value = 2 ** power;
      const words = k === 0 ? "exact" : k === bins - 1 ? "more" : power < 0 ? `1/${2 ** -power}` : value;
      svg += `<text x="${60 + (k + 0.5) * slot}" y="152" text-anchor="middle">${words}</text>`;
    }
    svg += `<line class="grid" x1="60" x2="1080" y1="135" y2="135"/>`;
    const title = `Errors of its elements against float64, step ${found.step}: up to so many ulp of its largest element`;
    return `<h3>${title}</h3><svg viewBox="0 0 1100 160" role="img" aria-label="${title}">${svg}</svg>` +
      `<p class="legend"><span><i class="swatch theirs"></i>${escaped(backends[1])}</span><span><i class="swatch mine"></i>${escaped(backends[0])}</span></p>`;
  };
  const show = (event) => {
    const hit = event.target.closest("[data-tensor]");
    if (!hit) return;
    const tensor = tensors[Number(hit.dataset.tensor)];
    const title = document.createElement("h2");
    title.textContent = `${tensor.key}: set by ${tensor.worst.term} at its worst step, ${tensor.worst.step}`;
    panel.hidden = false;
    panel.innerHTML = draw(tensor) + errors(tensor);
    panel.prepend(title);
    if (!hit.closest("table")) panel.scrollIntoView({ behavior: "smooth", block: "center" });
  };
  document.addEventListener("click", show);
  document.addEventListener("keydown", (event) => event.key === "Enter" && show(event));
}
