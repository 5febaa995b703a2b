/* What all pages share. Every page works without it. */
(() => {
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

  /* theme */
  const markTheme = () => each("[data-theme-choice]", (button) => {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === window.portalTheme.read()));
  });
  each("[data-theme-choice]", (button) => button.addEventListener("click", (event) => {
    event.stopPropagation();
    window.portalTheme.choose(button.dataset.themeChoice);
    markTheme();
  }));
  markTheme();

  /* the first error is where one goes on */
  const wrong = document.querySelector("#error-summary") || document.querySelector("[aria-invalid=true]");
  if (wrong) wrong.focus();

  /* unsaved changes ask before leaving */
  let dirty = false;
  each("form[data-guard]", (form) => {
    // a form that came back with errors holds entries that are not saved
    if (form.querySelector("[aria-invalid=true], .error-summary")) dirty = true;
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("submit", () => { dirty = false; });
  });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  /* questions before what can't be undone */
  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  }, true);

  /* a form is sent once, however often its button is pressed */
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => each("form[data-sent]", (form) => delete form.dataset.sent));

  /* Back fetches a form anew: it keeps the token that it was sent with, so that it is taken once */
  const tokens = [...document.querySelectorAll("input[name=once]")];
  if (tokens.length) {
    const kept = performance.getEntriesByType("navigation")[0]?.type === "back_forward" && history.state?.once;
    if (kept) tokens.forEach((input) => { input.value = kept[input.form.action] ?? input.value; });
    const once = Object.fromEntries(tokens.map((input) => [input.form.action, input.value]));
    history.replaceState({ ...history.state, once }, "");
  }

  /* relative times, in the words that the server uses */
  const relative = (moment) => {
    const seconds = (Date.now() - moment) / 1000;
    const size = Math.abs(seconds);
    if (size < 45) return seconds >= 0 ? "just now" : "in a moment";
    let text;
    if (size < 3600) text = `${Math.max(1, Math.round(size / 60))} min`;
    else if (size < 86400) text = `${Math.max(1, Math.round(size / 3600))} h`;
    else if (size < 30 * 86400) {
      const days = Math.max(1, Math.round(size / 86400));
      text = days === 1 ? "1 day" : `${days} days`;
    } else return null;
    return seconds >= 0 ? `${text} ago` : `in ${text}`;
  };
  const freshen = () => each("time[data-relative]", (time) => {
    const text = relative(Date.parse(time.dateTime));
    if (text && time.textContent !== text) time.textContent = text;
  });
  setInterval(freshen, 20000);

  /* copy buttons */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector("[data-copy-label]");
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Select the text and copy it";
    }
    setTimeout(() => { label.textContent = before; }, 2000);
  });

  /* filters are applied as they are chosen; without this file there is a button */
  each("form[data-auto-submit] select", (select) => select.addEventListener("change", () => select.form.requestSubmit()));

  /* a part of the page that changes by itself: <div data-poll="/url"> until the answer has no data-live */
  const poll = (place) => {
    const wait = () => setTimeout(refresh, 2000);
    const refresh = async () => {
      // an opened menu or a focused control is not pulled from under the hand
      if (document.hidden || place.querySelector(".show")) return wait();
      try {
        const answer = await fetch(place.dataset.poll, { headers: { Accept: "text/html" } });
        if (answer.redirected || !answer.ok) return;
        const html = await answer.text();
        if (html !== place.dataset.last) {
          const open = [...place.querySelectorAll("details[open]")].map((item) => item.id);
          const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
          place.innerHTML = html;
          place.dataset.last = html;
          open.forEach((id) => { const item = id && document.getElementById(id); if (item) item.open = true; });
          if (focused) document.getElementById(focused)?.focus();
        }
        freshen();
      } catch { /* the next try may do better */ }
      if (place.querySelector("[data-live]")) wait();
    };
    if (place.querySelector("[data-live]")) wait();
  };
  each("[data-poll]", poll);
})();
