// Fetches the lists again when they have changed. Without this, reloading the page does the same.
(() => {
  const { url, version } = document.currentScript.dataset;
  const state = document.getElementById("live-state");
  const count = document.getElementById("live-count");
  let seen = version;

  const put = (id, html) => {
    const focused = document.activeElement && document.activeElement.id;
    const place = document.getElementById(id);
    const held = focused && place.contains(document.activeElement);
    place.innerHTML = html;
    // Whoever was on a link stays on it
    if (held) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(`${url}?version=${encodeURIComponent(seen)}`);
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) throw new Error(answer.status);
      if (answer.status === 200) {
        const news = await answer.json();
        seen = news.version;
        put("alerts", news.alerts);
        put("requests", news.requests);
        count.textContent = `${news.received} requests received`;
        window.showTimes();
      }
      state.textContent = "Live: what comes in appears here by itself.";
    } catch {
      state.textContent = "The mock RMM doesn't answer. Trying again every second.";
    }
  };

  const again = async () => { await look(); setTimeout(again, 1000); };
  again();
})();
