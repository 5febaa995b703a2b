// Keeps the parts of a page that are marked data-live up to date: changes arrive by server-sent events, or,
// without a stream, by asking each second. Each part is fetched with its whole page, so what is shown has one home.
(() => {
  const { events, poll, page, version } = document.currentScript.dataset;
  const parts = [...document.querySelectorAll("[data-live]")];
  const state = document.getElementById("live-state");
  if (!parts.length || !state) return;

  const came = new Map(parts.map((part) => [part.id, part.innerHTML]));
  let shown = version;
  let wanted = version;
  let fetching = false;
  let source = null;
  let timer = null;
  let turns = 0;

  const say = (tone, words) => {
    if (state.textContent === words) return;
    state.textContent = words;
    state.dataset.tone = tone;
  };
  const live = () => say("on", "Live: what comes in appears here by itself.");
  const lost = () => say("off", "The mock RMM doesn't answer. Trying again every second.");

  const selecting = (part) => {
    const chosen = getSelection();
    return !chosen.isCollapsed && part.contains(chosen.anchorNode);
  };

  const put = (part, fresh) => {
    const focused = document.activeElement;
    const held = part.contains(focused) && focused.id;
    const known = new Set([...part.querySelectorAll("[id]")].map((element) => element.id));
    const open = [...part.querySelectorAll("details[open][id]")].map((element) => element.id);
    const first = !part.querySelector("tbody");
    part.replaceChildren(...fresh.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const row of part.querySelectorAll("[data-fresh]")) {
      if (!first && !known.has(row.id)) row.classList.add("fresh");
    }
    // Whoever was on a link stays on it
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
  };

  const show = (text) => {
    const now = new DOMParser().parseFromString(text, "text/html");
    let whole = true;
    for (const part of parts) {
      const fresh = now.getElementById(part.id);
      if (!fresh || fresh.innerHTML === came.get(part.id)) continue;
      // Whoever is copying something keeps it until they are done
      if (selecting(part)) { whole = false; continue; }
      came.set(part.id, fresh.innerHTML);
      put(part, fresh);
    }
    window.showTimes?.();
    document.dispatchEvent(new Event("live"));
    return whole;
  };

  const refresh = async () => {
    if (fetching) return;
    fetching = true;
    try {
      while (wanted !== shown) {
        const aim = wanted;
        const answer = await fetch(page, { headers: { "X-Live": "1" } });
        if (answer.redirected) { location.reload(); return; }
        // 404: what this page shows was cleared away; it stays to be read
        if (!answer.ok && answer.status !== 404) throw new Error(answer.status);
        if (answer.ok && !show(await answer.text())) return;
        shown = aim;
      }
      live();
    } catch {
      lost();
    } finally {
      fetching = false;
    }
  };
  const hear = (latest) => { wanted = latest; return refresh(); };

  const ask = async () => {
    try {
      const answer = await fetch(poll);
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) throw new Error(answer.status);
      live();
      await hear((await answer.json()).version);
    } catch {
      lost();
    }
  };

  const stop = () => {
    source?.close();
    source = null;
    clearTimeout(timer);
    timer = null;
  };

  // Asking each second, and every tenth time for a stream again
  const askAgain = async () => {
    await ask();
    if (document.hidden || source) return;
    turns += 1;
    timer = setTimeout(turns % 10 ? askAgain : listen, 1000);
  };

  const listen = () => {
    stop();
    source = new EventSource(events);
    source.onopen = live;
    source.onmessage = (event) => { live(); hear(event.data); };
    source.onerror = () => {
      // The browser tries again by itself, unless it was refused
      if (source.readyState !== EventSource.CLOSED) { lost(); return; }
      stop();
      askAgain();
    };
  };

  // A browser has six connections to a host: pages that nobody looks at keep none
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else listen(); });
  document.addEventListener("selectionchange", () => { if (wanted !== shown && getSelection().isCollapsed) refresh(); });
  if (!document.hidden) listen();
})();
