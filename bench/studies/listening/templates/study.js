"use strict";
// The rater's page: one pair at a time, answers kept in the browser until they are saved as a file.
const Study = {
  asked: ["activation", "valence"],
  columns: ["study", "rater", "pair", "activation", "valence", "activation_rating", "valence_rating"],

  // answers: {pair: {activation: "same" | "different", valence: ..., activation_rating: "1".."5" | "", ...}}
  rows(study, rater, answers) {
    return Object.keys(answers).sort().filter((pair) => Study.complete(answers[pair])).map((pair) => {
      const given = answers[pair];
      return { study, rater, pair, activation: given.activation, valence: given.valence,
               activation_rating: given.activation_rating || "", valence_rating: given.valence_rating || "" };
    });
  },
  complete(given) {
    return Study.asked.every((name) => given && (given[name] === "same" || given[name] === "different"));
  },
  asJson(study, rater, answers) {
    const rows = Study.rows(study, rater, answers).map(({ study: _s, rater: _r, ...row }) => row);
    return JSON.stringify({ schema: 1, study, rater, answers: rows }, null, 1) + "\n";
  },
  asCsv(study, rater, answers) {
    const cell = (text) => '"' + String(text).replace(/"/g, '""') + '"';
    const lines = Study.rows(study, rater, answers).map((row) => Study.columns.map((name) => cell(row[name])).join(","));
    return [Study.columns.join(","), ...lines].join("\r\n") + "\r\n";
  },

  start(page) {
    const study = page.body.dataset.study;
    const kept = "serbench-study-" + study;
    const sections = [...page.querySelectorAll("section.pair")];
    const rater = page.getElementById("rater");
    const left = page.getElementById("left");
    let state = { rater: "", place: 0, answers: {} };
    try { state = Object.assign(state, JSON.parse(localStorage.getItem(kept) || "{}")); } catch { /* a private window */ }
    const keep = () => { try { localStorage.setItem(kept, JSON.stringify(state)); } catch { /* likewise */ } };
    const show = () => {
      const done = sections.filter((one) => Study.complete(state.answers[one.dataset.pair])).length;
      sections.forEach((one, place) => { one.hidden = place !== state.place; });
      page.getElementById("back").disabled = state.place === 0;
      page.getElementById("next").disabled = state.place === sections.length - 1
        || !Study.complete(state.answers[sections[state.place].dataset.pair]);
      page.querySelectorAll("button.save").forEach((one) => { one.disabled = !state.rater.trim() || done === 0; });
      left.textContent = `Pair ${state.place + 1} of ${sections.length}; ${done} answered.`
        + (done === sections.length ? " All are answered: save the file and send it back." : "");
    };
    const move = (by) => {
      sections[state.place].querySelectorAll("audio").forEach((one) => one.pause());
      state.place = Math.min(Math.max(state.place + by, 0), sections.length - 1);
      keep(); show();
    };
    const save = (name, kind, text) => {
      const link = page.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: kind }));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    };
    state.place = Math.min(state.place, sections.length - 1);
    rater.value = state.rater;
    rater.addEventListener("input", () => { state.rater = rater.value; keep(); show(); });
    sections.forEach((section) => {
      const pair = section.dataset.pair;
      section.querySelectorAll("input, select").forEach((input) => {
        const known = (state.answers[pair] || {})[input.dataset.name];
        if (input.type === "radio") input.checked = known === input.value; else input.value = known || "";
        input.addEventListener("change", () => {
          state.answers[pair] = { ...(state.answers[pair] || {}), [input.dataset.name]: input.value };
          keep(); show();
        });
      });
    });
    page.getElementById("back").addEventListener("click", () => move(-1));
    page.getElementById("next").addEventListener("click", () => move(1));
    const name = () => "answers-" + state.rater.trim().replace(/[^A-Za-z0-9_-]+/g, "-");
    page.getElementById("json").addEventListener("click", () =>
      save(name() + ".json", "application/json", Study.asJson(study, state.rater.trim(), state.answers)));
    page.getElementById("csv").addEventListener("click", () =>
      save(name() + ".csv", "text/csv", Study.asCsv(study, state.rater.trim(), state.answers)));
    show();
  },
};
if (typeof document !== "undefined") Study.start(document);
if (typeof module !== "undefined") module.exports = Study;
