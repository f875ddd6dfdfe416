"use strict";
// A track's table: which view is shown, sorted and filtered how. All of it stands in the address, so it can be sent on.
(() => {
  document.documentElement.classList.add("js");
  const table = document.getElementById("board");
  const source = document.getElementById("data");
  if (!table || !source) return;
  const data = JSON.parse(source.textContent);
  const form = document.getElementById("controls");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const shownFirst = Object.fromEntries(heads.map((head) => [head.dataset.col, !head.classList.contains("off")]));
  const usual = { k: String(data.k[data.k.length - 1]), noises: data.noises[0], sort: "rank.up", q: "", defense: "", quiet: "" };
  const narrow = window.matchMedia("(max-width: 640px)");
  let state = { ...usual, columns: {} };

  const cellOf = (row, key) => row.querySelector(`[data-col="${key}"]`);
  const textOf = (row, key) => {
    const found = cellOf(row, key);
    const value = found.querySelector(".v");
    return (value || found).textContent.trim();
  };

  function read() {
    const told = new URLSearchParams(location.hash.slice(1));
    const next = { ...usual, columns: {} };
    const among = (name, values) => { if (values.includes(told.get(name))) next[name] = told.get(name); };
    among("k", data.k.map(String));
    among("noises", data.noises);
    among("defense", Array.from(form.elements.defense.options, (one) => one.value));
    const [key, way] = (told.get("sort") || "").split(".");
    if (Object.hasOwn(shownFirst, key) && (way === "up" || way === "down")) next.sort = `${key}.${way}`;
    next.q = told.get("q") || "";
    next.quiet = told.get("quiet") === "1" ? "1" : "";
    for (const word of (told.get("columns") || "").split(",")) {
      if (Object.hasOwn(shownFirst, word.slice(1))) next.columns[word.slice(1)] = word[0] === "+";
    }
    state = next;
  }

  function write() {
    const told = new URLSearchParams();
    for (const name of Object.keys(usual)) if (state[name] !== usual[name]) told.set(name, state[name]);
    const columns = Object.entries(state.columns).map(([key, on]) => (on ? "+" : "-") + key);
    if (columns.length) told.set("columns", columns.join(","));
    const hash = told.toString();
    if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  function fill() {
    for (const each of form.querySelectorAll("input[name=k]")) each.checked = each.value === state.k;
    for (const each of form.querySelectorAll("input[name=noises]")) each.checked = each.value === state.noises;
    form.elements.q.value = state.q;
    form.elements.defense.value = state.defense;
    form.elements.quiet.checked = state.quiet === "1";
    for (const each of form.querySelectorAll("input[name=col]")) {
      each.checked = Object.hasOwn(state.columns, each.value) ? state.columns[each.value] : shownFirst[each.value] && !narrow.matches;
    }
  }

  function showView() {
    const view = data.views[`${state.k} ${state.noises}`];
    for (const row of rows) {
      view[Number(row.dataset.i)].forEach(([value, beside], place) => {
        const found = cellOf(row, data.columns[place]);
        found.querySelector(".v").textContent = value;
        found.querySelector("small").textContent = beside;
      });
    }
    document.getElementById("shown-k").textContent = `k = ${state.k}`;
    document.getElementById("shown-noises").textContent = data.says[state.noises];
  }

  function showColumns() {
    for (const key of Object.keys(shownFirst)) {
      const on = Object.hasOwn(state.columns, key) ? state.columns[key] : shownFirst[key];
      for (const cell of table.querySelectorAll(`[data-col="${key}"]`)) {
        cell.classList.toggle("off", !on);
        cell.classList.toggle("asked", state.columns[key] === true);
      }
    }
  }

  function sorted() {
    const [key, way] = state.sort.split(".");
    const sign = way === "up" ? 1 : -1;
    const number = data.numbers.includes(key);
    const value = (row) => (number ? Number.parseFloat(textOf(row, key).replace("=", "")) : textOf(row, key));
    const rank = (row) => Number.parseFloat(textOf(row, "rank").replace("=", ""));
    const compare = (a, b) => {
      if (!number) return a < b ? -1 : a > b ? 1 : 0;
      if (Number.isNaN(a) || Number.isNaN(b)) return 0;
      return a - b;
    };
    const last = (one) => Number.isNaN(one) || one === "–";
    return rows.map((row) => [row, value(row), rank(row)]).sort((a, b) =>
      last(a[1]) - last(b[1]) || sign * compare(a[1], b[1]) || (Number.isNaN(a[2]) - Number.isNaN(b[2])) || (a[2] - b[2]) ||
      a[0].dataset.i - b[0].dataset.i).map(([row]) => row);
  }

  function show() {
    showView();
    showColumns();
    const wanted = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of sorted()) {
      const fits = wanted.every((word) => row.dataset.text.includes(word)) &&
        (!state.defense || row.dataset.defense === state.defense) && (!state.quiet || row.dataset.bells === "0");
      row.hidden = !fits;
      left += fits ? 1 : 0;
      body.append(row);
    }
    const [key, way] = state.sort.split(".");
    for (const head of heads) {
      if (head.dataset.col === key) head.setAttribute("aria-sort", way === "up" ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    document.getElementById("none").hidden = left > 0;
    const heading = heads.find((head) => head.dataset.col === key).querySelector(".sort").textContent;
    document.getElementById("status").textContent =
      `${left} of ${rows.length} entries, k = ${state.k}, noises: ${state.noises}, sorted by ${heading}, ` +
      (way === "up" ? "least first." : "most first.");
    write();
  }

  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest(".sort");
    if (!button) return;
    const key = button.dataset.sort;
    const [now, way] = state.sort.split(".");
    const next = now === key ? (way === "up" ? "down" : "up") : data.first[key];
    state.sort = `${key}.${next}`;
    show();
  });
  form.addEventListener("input", (event) => {
    const given = event.target;
    if (given.name === "col") state.columns[given.value] = given.checked;
    else if (given.type === "checkbox") state[given.name] = given.checked ? "1" : "";
    else state[given.name] = given.value;
    show();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    state = { ...usual, columns: {} };
    fill();
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      event.preventDefault();
      form.elements.q.focus();
    }
  });
  window.addEventListener("hashchange", () => { read(); fill(); show(); });
  read();
  fill();
  show();
})();
