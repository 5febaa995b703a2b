/* Runs before the first paint: the theme that the user chose, or else the system's. */
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const read = () => {
    try { return localStorage.getItem("theme") || "system"; } catch { return "system"; }
  };
  const apply = () => {
    const chosen = read();
    root.dataset.bsTheme = chosen === "system" ? (system.matches ? "dark" : "light") : chosen;
    root.dataset.themeChosen = chosen;
  };
  root.classList.remove("no-js");
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
  window.portalTheme = {
    read,
    choose(theme) {
      try { localStorage.setItem("theme", theme); } catch { /* it holds for this page */ }
      apply();
      root.dataset.bsTheme = theme === "system" ? (system.matches ? "dark" : "light") : theme;
    },
  };
  apply();
})();
