// Buttons that copy what stands in the element that they name. Without this they are not shown.
(() => {
  const said = document.getElementById("said");

  const select = (place) => {
    const range = document.createRange();
    range.selectNodeContents(place);
    const chosen = getSelection();
    chosen.removeAllRanges();
    chosen.addRange(range);
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const place = document.getElementById(button.dataset.copy);
    place.closest("details")?.setAttribute("open", "");
    let words = "Copied";
    try {
      await navigator.clipboard.writeText(place.textContent);
    } catch {
      // Over plain HTTP from elsewhere a browser gives no clipboard to pages
      select(place);
      words = "Selected: copy it with Ctrl+C";
    }
    const label = button.querySelector("span") || button;
    const before = button.dataset.label ||= label.textContent;
    label.textContent = words;
    said.textContent = "";
    said.textContent = words;
    setTimeout(() => { label.textContent = before; }, 2500);
  });
})();
