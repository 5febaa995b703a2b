// Follows the system's light or dark, and shows what needs scripts; loaded before the page is painted.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  dark.addEventListener("change", follow);
  follow();
  document.documentElement.classList.add("scripted");
})();
