/* Only a List has options. The server says the same without this file. */
(() => {
  const type = document.getElementById("type");
  const options = document.querySelector("[data-only-for]");
  const match = () => { options.disabled = type.value !== options.dataset.onlyFor; };
  type.addEventListener("change", match);
  match();
})();
