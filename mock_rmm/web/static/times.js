// Shows times as "3 min ago", with the exact one on hover.
(() => {
  const steps = [[60, "s"], [60, "min"], [24, "h"], [Infinity, "d"]];
  const ago = (then) => {
    let value = Math.max(0, (Date.now() - then) / 1000);
    if (value < 3) return "just now";
    for (const [size, unit] of steps) {
      if (value < size) return `${Math.floor(value)} ${unit} ago`;
      value /= size;
    }
  };
  window.showTimes = () => {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const then = new Date(time.dateTime);
      if (!time.title) time.title = then.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
      const words = ago(then);
      if (time.textContent !== words) time.textContent = words;
    }
  };
  window.showTimes();
  setInterval(window.showTimes, 1000);
})();
