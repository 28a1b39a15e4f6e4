// The third view: a whole ensemble, shocks placed by hand, what the answer hangs on and where it fails. Python runs one
// long piece of work at a time; this page asks for it, shows how far it is, and draws what came out. All it shows is
// told again on "hello", so that a page that is opened anew stands where the last one stood.
function stressView(page) {
  const { o, designs } = page;
  const main = H("div", { class: "pl-main st" });
  const ask = (action, extra = {}) => page.request("stress", { do: action, ...extra });
  const told = {}; // what Python told last, by section
  let greeted = false, asking = 0, spoken = "", shownJob = "";
  const live = H("div", { class: "pl-sr", role: "status", "aria-live": "polite" }, main);
  const say = words => { if (words !== spoken) { spoken = words; write(live, words); } };
  const number = v => Math.round(v).toLocaleString("en-GB");
  const span = s => s >= 5400 ? `${two(s / 3600)} h` : s >= 90 ? `${Math.round(s / 60)} min` : s >= 1 ? `${Math.round(s)} s` : "1 s";
  const bytes = n => n >= 1e9 ? `${two(n / 1e9)} GB` : n >= 1e6 ? `${two(n / 1e6)} MB` : `${Math.max(1, Math.round(n / 1e3))} kB`;
  const short = name => designs.get(name)?.short || name;
  const order = value => value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).filter(([, one]) => one != null && one !== "" && !(typeof one === "object" && !Object.keys(one).length)).sort().map(([key, one]) => [key, order(one)])) : value;
  const same = (a, b) => JSON.stringify(order(a)) === JSON.stringify(order(b));

  // ---------- parts of the page
  const wall = typeof calendar === "function" ? calendar(page, { wide: true }) : null;
  if (wall) {
    const box = H("section", { class: "st-part" }, main), head = H("h2", { id: fresh() }, box, "Stress calendar");
    set(box, { "aria-labelledby": head.id }); box.appendChild(wall.element);
  }
  const jobs = {}; // the name of a piece of work -> the part to which it belongs
  function part(title, lead, ...names) {
    const box = H("section", { class: "st-part" }, main), head = H("h2", { id: fresh() }, box, title);
    set(box, { "aria-labelledby": head.id }); H("p", { class: "st-lead" }, box, lead);
    const made = { box, form: H("form", { class: "st-form" }, box), fault: null, slot: null };
    made.form.onsubmit = event => event.preventDefault();
    made.note = H("p", { class: "st-note" }, box); made.slot = H("div", {}, box); made.fault = H("p", { class: "pl-alarm", role: "alert", hidden: "" }, box);
    for (const name of names) jobs[name] = made;
    return made;
  }
  const field = (form, label, kind, attributes = {}) => {
    const wrap = H("label", { class: "st-field" }, form); H("span", {}, wrap, label);
    return H(kind, attributes, wrap);
  };
  const options = (box, pairs, first, usual = "") => {
    const before = box.value; box.replaceChildren();
    if (first) H("option", { value: "" }, box, first);
    for (const [key, words] of pairs) H("option", { value: key }, box, words);
    const wanted = before || first ? before : usual;
    if ([...box.options].some(one => one.value === wanted)) box.value = wanted;
  };
  const doers = []; // buttons that begin long work: off while any goes on
  const doer = (form, text, label, act) => { const b = button(form, text, label, act, "st-do"); doers.push(b); return b; };

  // ---------- 1: run an ensemble
  const run = part("Run an ensemble", "Every design on screen meets the same worlds and the same futures. What is cancelled is kept, and can be gone on with, also after the notebook was closed.", "the batch", "reading the batch", "run", "open", "estimate");
  const size = {
    worlds: field(run.form, "Worlds", "input", { type: "number", min: 2, step: 1 }), futures: field(run.form, "Futures in each", "input", { type: "number", min: 1, step: 1 }),
    seed: field(run.form, "Seed", "input", { type: "number", min: 0, step: 1 }), sampler: field(run.form, "How worlds are spread", "select"),
  };
  const runButton = doer(run.form, "Run", "Run the ensemble", () => { begin(run); ask("run", sized()); }); runButton.classList.add("pri");
  const sized = () => ({ worlds: whole(size.worlds), futures: whole(size.futures), seed: whole(size.seed), sampler: size.sampler.value });
  const whole = box => box.value.trim() === "" || !Number.isInteger(+box.value) ? null : +box.value;
  for (const box of Object.values(size)) box.oninput = () => cost();
  const early = H("div", { class: "st-form st-early", hidden: "" }), earlyBox = field(early, "Batches beside this notebook", "select"); run.box.appendChild(early);
  const openButton = doer(early, "Open", "Show this batch", () => { begin(run); ask("open", { name: earlyBox.value }); });
  const goOn = doer(early, "Go on", "Go on with this batch: run what is missing", () => { begin(run); ask("open", { name: earlyBox.value, go_on: true }); });
  earlyBox.onchange = () => buttons();
  const out = H("div", { class: "st-out", hidden: "" }, run.box), find = H("p", { class: "st-find" }, out), beside = H("p", { class: "st-note" }, out), old = H("p", { class: "st-old", hidden: "" }, out);
  const ranking = H("figure", {}, out), rankWords = caption(ranking, o.measure.title, "");
  const fillRanking = dataTable(ranking, `${o.measure.title}, batch`, () => { const b = told.batch; return [["Design", "risk", "9 in 10 worlds", "simulation error", ...(b.whole ? ["chance it is lowest", "if wrong, worse by (1 in 20)"] : []), "failed runs"],
    ...b.rows.map(r => [short(r.design), precise(r.risk), known(r.risk_q05) ? `${precise(r.risk_q05)} to ${precise(r.risk_q95)}` : "not known", known(r.simulation_error) ? `± ${two(100 * r.simulation_error)} points` : "not known", ...(b.whole ? [r.withheld === "put in" ? "order put in" : r.withheld || percent(r.chance_best), known(r.regret_1_in_20) ? `${two(100 * r.regret_1_in_20)} points` : "–"] : []), String(r.failed)])]; });
  const precise = v => known(v) ? `${(100 * v).toFixed(1)}%` : "not known";
  const lost = H("details", { class: "pl-data", hidden: "" }, out), lostHead = H("summary", {}, lost), lostTable = H("table", { tabindex: "0" }, lost);
  const where = H("p", { class: "st-note" }, out), commands = H("details", { class: "pl-data" }, out), commandHead = H("summary", {}, commands), command = H("code", { class: "st-code", tabindex: "0" }, commands);

  function cost() {
    clearTimeout(asking);
    const asked = sized(), count = page.screen.designs.length, runs = count * (asked.worlds || 0) * (asked.futures || 0);
    const begun = `${number(count)} ${count === 1 ? "design" : "designs"} × ${number(asked.worlds || 0)} × ${number(asked.futures || 0)} = ${number(runs)} runs`;
    const known_ = told.estimate && told.estimate.cases === runs ? told.estimate : null;
    write(run.note, known_ ? `${begun}: about ${span(known_.seconds)} on this machine as busy as it is now, and ${bytes(known_.disk)} on disk. Measured on ${known_.tried} of these runs, not promised.` : `${begun}.`);
    if (!known_ && told.offer && !shownJob && main.isConnected && !main.hidden) asking = setTimeout(() => ask("estimate", asked), 250);
  }

  function showBatch() {
    const b = told.batch;
    out.hidden = !b; if (!b) return;
    write(find, b.headline); write(beside, b.beside); out.classList.toggle("partial", !b.whole);
    write(rankWords, `share of futures that fall short: mean, middle half and 9 in 10 of ${number(b.worlds)} ${b.worlds === 1 ? "world" : "worlds"}${b.whole ? "" : " so far"}`);
    const moved = b.screen && !same(b.screen, page.screen);
    old.hidden = !moved; write(old, moved ? "Sliders, designs or scenario have moved since: this batch is of where they stood." : "");
    ranking.hidden = !b.rows.length; if (b.rows.length) batchChart(page, ranking, b); fillRanking();
    lost.hidden = !b.failed.length; write(lostHead, `${number(b.failed_runs)} ${b.failed_runs === 1 ? "run" : "runs"} without usable numbers${b.failed.length < b.failed_runs ? `, the first ${b.failed.length} by name` : ""}`);
    lostTable.replaceChildren(); const head = H("tr", {}, H("thead", {}, lostTable)), body = H("tbody", {}, lostTable);
    for (const cell of ["Design", "world", "future", "why"]) H("th", { scope: "col" }, head, cell);
    for (const [name, ...cells] of b.failed) { const row = H("tr", {}, body); H("th", { scope: "row" }, row, short(name)); for (const cell of cells) H("td", {}, row, String(cell)); }
    write(where, `${b.failed_runs ? "" : "No run failed. "}${b.plan} Folder: ${b.folder}.`);
    write(command, `policy-lab batch "${b.folder}/plan.yaml" --out "${b.folder}" --resume --memory ${b.gib}`);
    write(commandHead, b.whole ? "The same from the command line" : "Go on from the command line");
  }

  // ---------- 2: files
  const files = part("Take it with you", "Written beside the notebook; what is small enough comes to the browser too.", "the export", "export");
  const brief = H("input", { type: "checkbox", checked: "" }), formats = H("div", { class: "st-buttons", role: "group", "aria-label": "Formats" }, files.form);
  const briefLabel = H("label", { class: "st-check" }, files.form); briefLabel.append(brief, " Only the outcomes that the measures need"); // words of our own, as text
  const filesNote = H("p", { class: "st-note" }, files.box);
  function showExport() {
    const e = told.export;
    if (!e) { write(filesNote, told.batch ? "" : "Run a batch first, or open an earlier one."); return; }
    const total = e.files.reduce((sum, [, n]) => sum + n, 0);
    write(filesNote, `${e.whole ? "Written" : "Partial, as the batch was cancelled. Written"} to ${e.folder}: ${e.files.map(([name, n]) => `${name} (${bytes(n)})`).join(", ")}. ${e.sent.name ? `${e.sent.name} (${bytes(e.sent.size)}) was sent to the browser.` : `${bytes(total)} is too much for the browser: take it from the folder.`}`);
  }

  // ---------- 3: what the answer hangs on
  const hangs = part("What does the answer hang on?", "Every uncertain input is moved through its range by itself, in the same futures. An input counts only if it does more than another draw of luck.", "the sensitivity", "sensitivity");
  const what = field(hangs.form, "What is explained", "select"), whose = field(hangs.form, "Of", "select"), less = field(hangs.form, "Less", "select");
  doer(hangs.form, "Look", "Look: find what the answer hangs on", () => { begin(hangs); ask("sensitivity", { outcome: what.value, design: whose.value, other: less.value }); });
  const hangsOut = H("div", { class: "st-out", hidden: "" }, hangs.box), hangsFind = H("p", { class: "st-find" }, hangsOut), hangsNote = H("p", { class: "st-note" }, hangsOut), hangsOld = H("p", { class: "st-old", hidden: "" }, hangsOut);
  const bars = H("figure", {}, hangsOut), barWords = caption(bars, "", "");
  const fillBars = dataTable(bars, "every input that was moved", () => [["Input", "group", "evidence", "from", "to", "effect", "9 in 10 of it", "told"], ...told.sensitivity.rows.map(r => [r.input, r.group, r.grade, limit(r.range[0], r.unit), limit(r.range[1], r.unit), brief2(r.size), `${brief2(r.q05)} to ${brief2(r.q95)}`, r.verdict])]);
  const limit = (v, unit) => known(v) ? `${brief2(v)}${unit ? ` ${unit}` : ""}` : "–";
  const more = H("p", { class: "st-note" }, hangsOut);
  function showSensitivity() {
    const f = told.sensitivity;
    hangsOut.hidden = !f; if (!f) return;
    write(hangsFind, f.finding); write(hangsNote, `${f.settled} ${f.notes.join(" ")}`);
    const moved = !same(f.screen, page.screen); hangsOld.hidden = !moved; write(hangsOld, moved ? "The screen has moved since: this is of where it stood." : "");
    write(bars.querySelector("figcaption b"), f.title);
    write(barWords, `${titled(f.meaning)}${f.unit ? `, in ${f.unit}` : ""}; whiskers: 9 in 10 of 200 resamples. Dashed: what ${f.floor_words} reaches. Letters: evidence, A published, B literature, C judgement.`);
    sensitivityChart(bars, f); fillBars();
    const others = f.rows.length - f.top;
    write(more, `${others > 0 ? `${number(others)} more inputs stand in the table. ` : ""}${f.failed ? `${number(f.failed)} worlds failed. ` : ""}${f.source}`);
  }

  // ---------- 4: where it fails
  const fails = part("Where does it fail?", "In one half of the batch's worlds a box of inputs is sought in which a design falls short most; the other half judges it. A box that only fits chance is told as none.", "the search", "discover");
  const who = field(fails.form, "Falls short", "select"), versus = field(fails.form, "Or does better than", "select");
  const search = doer(fails.form, "Search", "Search where it fails", () => { begin(fails); ask("discover", { design: who.value, other: versus.value }); });
  const boxOut = H("div", { class: "st-out", hidden: "" }, fails.box), boxFind = H("p", { class: "st-find" }, boxOut), boxNote = H("p", { class: "st-note" }, boxOut), boxOld = H("p", { class: "st-old", hidden: "" }, boxOut);
  const box = H("figure", {}, boxOut), boxWords = caption(box, "", "");
  const fillBox = dataTable(box, "the box, where it was sought and where it was judged", () => { const d = told.discovery; return [["", "sought", "judged"], ...[["in the box, it happens in", "density"], ["of all cases where it happens, in the box", "coverage"], ["of all cases, in the box", "mass"], ["over all, it happens in", "base"]].map(([words, key]) => [words, percent(d.sought[key]), percent(d.held_out[key])]), ["chance of so dense a box by luck alone", "", brief2(d.by_chance)]]; });
  const fillRegions = dataTable(boxOut, "regions of a classification tree", () => [["Region", "it happens in", "share of all where it happens", "share of all"], ...told.discovery.regions.map(([words, ...cells]) => [words, ...cells.map(percent)])]);
  function showBox() {
    const d = told.discovery;
    boxOut.hidden = !d; if (!d) return;
    write(boxFind, d.sentences[0]); write(boxNote, `${d.sentences[1]} ${d.source}`);
    const moved = told.batch && told.batch.name !== d.batch; boxOld.hidden = !moved; write(boxOld, moved ? "This is of another batch than the one above." : "");
    write(box.querySelector("figcaption b"), d.holds ? "The limits of the box" : "No box holds");
    write(boxWords, d.holds ? `On the range of each input: all ${number(d.rows)} ${d.of} (light), those where it happens (dark), and the part in the box (framed). Judged: ${percent(d.held_out.density)} inside against ${percent(d.held_out.base)} over all; it holds ${percent(d.held_out.coverage)} of all such ${d.of}.` : `${number(d.happens)} of ${number(d.rows)} ${d.of}.`);
    box.querySelector("details").hidden = !d.box; boxOut.querySelector(":scope > details").hidden = !d.regions.length;
    boxChart(box, d); fillBox(); fillRegions();
  }

  // ---------- how far the work is
  const bar = H("div", { class: "st-work", hidden: "" }, run.slot), meter = H("progress", { max: 1, "aria-label": "How far the work is" }, bar), far = H("span", {}, bar);
  const cancel = button(bar, "Cancel", "Cancel, and keep what is done", () => { cancel.disabled = true; write(far, "stopping …"); ask("cancel"); }, "st-do");
  function begin(where_) { where_.fault.hidden = true; for (const b of doers) b.disabled = true; jobs_(where_); write(far, "starting …"); cancel.disabled = false; }
  const jobs_ = where_ => { if (bar.parentNode !== where_.slot) where_.slot.appendChild(bar); bar.hidden = false; };
  function showWork() {
    const w = told.work, before = shownJob;
    shownJob = w ? w.job : "";
    if (!shownJob) {
      bar.hidden = true;
      if (before) { say(`${titled(before)} has ended.`); cost(); }
    } else {
      jobs_(jobs[shownJob] || run);
      if (w.total) { meter.value = w.done / w.total; set(meter, { "aria-valuetext": `${number(w.done)} of ${number(w.total)}` }); } else meter.removeAttribute("value");
      const count = w.total > 1 ? `${number(w.done)} of ${number(w.total)}${w.of ? ` ${w.of}` : ""}` : "";
      const pace = w.rate && w.of === "runs" ? `${number(w.rate)} a second` : "", left = w.left ? `${span(w.left)} left` : "";
      write(far, w.stopping ? "stopping; what is done is kept" : [w.doing, count, pace, left].filter(Boolean).join(" · "));
      cancel.disabled = w.stopping;
      if (shownJob !== before) say(`${titled(shownJob)} has begun.`);
      if (w.stopping) say("Stopping; what is done is kept.");
    }
    buttons();
  }

  function buttons() {
    const busy = !!shownJob, chosen = told.earlier?.batches.find(one => one.name === earlyBox.value);
    for (const b of doers) b.disabled = busy || !told.offer;
    openButton.disabled = busy || !chosen || !chosen.kept; goOn.disabled = busy || !chosen || chosen.whole; goOn.hidden = !chosen || chosen.whole;
    for (const b of formats.children) b.disabled = busy || !told.batch;
    search.disabled = busy || !told.batch; fails.form.hidden = !told.batch; // before a batch there is nothing to choose from
    write(fails.note, told.batch ? "" : "Run a batch first, or open an earlier one.");
    set(main, { "data-ready": String(!!told.offer), "data-job": shownJob, "data-batch": told.batch ? (told.batch.whole ? "whole" : "partial") : "" });
  }

  // ---------- what comes in
  const shows = {
    offer() {
      const first = !size.sampler.options.length, { usual, samplers, most, formats: kinds, outcomes } = told.offer;
      options(size.sampler, samplers.map(one => [one, one]));
      if (first) for (const key of ["worlds", "futures", "seed", "sampler"]) if (!size[key].value || key === "sampler") size[key].value = usual[key];
      size.worlds.max = most.worlds; size.futures.max = most.futures; set(runButton, { title: `At most ${number(most.cases)} runs from this page` });
      options(what, outcomes);
      if (first) for (const [name, words] of kinds) { const text = { xlsx: "Excel", tidy: "Tidy CSV", wide: "Wide CSV", parquet: "Parquet", netcdf: "NetCDF" }[name] || name, b = doer(formats, text, `${text}: export ${words}`, () => { begin(files); ask("export", { format: name, brief: brief.checked }); }); set(b, { title: words }); }
      cost();
    },
    estimate: cost, work: showWork, batch() { showBatch(); showExport(); choices(); buttons(); if (told.batch.whole) say(told.batch.headline); },
    earlier() {
      const { batches, now } = told.earlier; early.hidden = !batches.length;
      options(earlyBox, batches.map(one => [one.name, `${one.words} · ${one.whole ? "whole" : `${number(one.kept)} of ${number(one.cases)} runs kept`}`]));
      if (now && batches.some(one => one.name === now)) earlyBox.value = now;
      buttons();
    },
    export() { showExport(); say(filesNote.textContent); }, sensitivity() { showSensitivity(); say(hangsFind.textContent); }, discovery() { showBox(); say(boxFind.textContent); },
    fault() { const { where: at, words } = told.fault, place = jobs[at] || run; write(place.fault, words); place.fault.hidden = !words; if (!shownJob) { bar.hidden = true; buttons(); } },
  };
  function choices() {
    const on = page.screen.designs.map(name => [name, short(name)]);
    options(whose, on, null, o.base); options(less, on, "nothing: its own level");
    if (told.batch) { const there = told.batch.designs.map(name => [name, short(name)]); options(who, there, null, o.base); options(versus, there, "nothing: by itself"); }
  }

  const layout = () => {
    if (!greeted) { greeted = true; ask("hello"); }
    choices(); if (wall) wall.sync(); cost(); showBatch(); showSensitivity(); showBox(); showExport();
  };
  const receive = content => { told[content.section] = content; shows[content.section]?.(); };
  buttons();
  return { name: "stress", title: "Batch and stress", main, layout, draw() { if (wall) wall.sync(); choices(); cost(); showBatch(); showSensitivity(); }, receive, stop: () => clearTimeout(asking) };
}
