// The console works without this file. It adds live counters, relative times, and a few keys.
"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const numbers = new Intl.NumberFormat("en");
  document.documentElement.classList.add("scripted");

  // Times: how long ago, with the exact time as the title.
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
  function relative(seconds) {
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || ["second", 1];
    return words.format(Math.round(seconds / size), unit);
  }
  function showTimes(root) {
    for (const time of all("time[datetime]:not([data-exact])", root)) {
      const at = Date.parse(time.dateTime);
      if (Number.isFinite(at)) time.textContent = relative((at - Date.now()) / 1000);
    }
  }

  // Forms: ask before what cannot be undone, and submit a choice when it is made.
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  // Drafts: shown anew while somebody types.
  const PREVIEW_AFTER_MS = 400;
  let typing;
  async function preview(form) {
    const place = document.getElementById("shown");
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        place.replaceChildren(...page.body.childNodes);
      }
    } catch {
      // The button shows it too.
    }
  }
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-preview]");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => preview(form), PREVIEW_AFTER_MS);
  });

  // Keys: `/` goes to the filter, Escape leaves it, `j` and `k` walk through a list.
  function step(direction) {
    const links = all(".list a.id, .rows a");
    if (links.length === 0) return;
    const at = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, at + direction))].focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing) return;
    if (event.key === "/") {
      const filter = document.querySelector("[data-filter]");
      if (filter) { event.preventDefault(); filter.focus(); filter.select(); }
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  });

  // Live: counters and the chart as the server sends them; some pages are read again instead.
  const state = document.querySelector("[data-live-state]");
  function say(text, on) {
    if (!state) return;
    state.textContent = text;
    state.classList.toggle("on", on);
  }
  function showCounts(counts) {
    for (const [name, value] of Object.entries(counts)) {
      for (const place of all(`[data-count="${CSS.escape(name)}"]`)) {
        const text = numbers.format(value);
        if (place.textContent === text) continue;
        place.textContent = text;
        place.classList.remove("changed");
        void place.offsetWidth;
        place.classList.add("changed");
      }
    }
  }
  function showChart(chart) {
    for (const path of all("[data-path]")) {
      const line = chart[path.dataset.path];
      if (typeof line === "string") path.setAttribute("d", line);
    }
    const top = document.querySelector('[data-chart="top"]');
    if (top && chart.top !== undefined) top.textContent = chart.top;
  }

  const SWAP_EVERY_MS = 2000;
  let swapping = false;
  let lastSwap = 0;
  async function swap() {
    const main = document.getElementById("main");
    const busy = main.contains(document.activeElement) && document.activeElement !== main;
    if (swapping || busy || document.hidden || Date.now() - lastSwap < SWAP_EVERY_MS) return;
    swapping = true;
    lastSwap = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("main");
      if (fresh) {
        main.replaceChildren(...fresh.childNodes);
        showTimes(main);
      }
    } catch {
      // The stream notices a server that is gone.
    } finally {
      swapping = false;
    }
  }

  let stream;
  function follow() {
    const address = document.body.dataset.live;
    if (!address || stream) return;
    stream = new EventSource(address);
    stream.addEventListener("open", () => say("live", true));
    stream.addEventListener("error", () => {
      const over = stream.readyState === EventSource.CLOSED;
      say(over ? "not live; reload the page" : "reconnecting", false);
    });
    stream.addEventListener("overview", (event) => {
      const data = JSON.parse(event.data);
      if (data.counts) showCounts(data.counts);
      if (data.chart) showChart(data.chart);
      if ("swap" in document.body.dataset) swap();
    });
  }
  function leave() {
    if (stream) stream.close();
    stream = undefined;
    say("not live", false);
  }

  // Where the parts do not fit beside each other, the one that is open is in sight.
  const open = document.querySelector(".top nav [aria-current]");
  if (open) open.parentElement.scrollLeft = open.offsetLeft - open.parentElement.offsetLeft - 16;

  showTimes(document);
  setInterval(() => showTimes(document), 15000);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
  window.addEventListener("pagehide", leave);
  if (!document.hidden) follow();
})();
