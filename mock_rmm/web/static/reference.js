// Sends what a form of the API's page says, and shows the answer below it. Without this the page is only to be read.
(() => {
  const addressed = (form) => {
    let path = form.dataset.path;
    const query = new URLSearchParams();
    for (const input of form.querySelectorAll("[data-in]")) {
      if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.set(input.name, input.value);
    }
    return query.size ? `${path}?${query}` : path;
  };

  const laidOut = (text) => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  };

  for (const form of document.querySelectorAll("form.try")) {
    const button = form.querySelector("button");
    const answer = form.parentElement.querySelector(".answer");
    const [said, shown] = [answer.querySelector(".said"), answer.querySelector("pre")];
    button.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      shown.hidden = true;
      said.textContent = "Waiting for the answer …";
      button.disabled = true;
      const sent = { method: form.dataset.method };
      if (form.elements.body) {
        sent.body = form.elements.body.value;
        sent.headers = { "Content-Type": "application/json" };
      }
      try {
        const came = await fetch(addressed(form), sent);
        const text = await came.text();
        said.textContent = `HTTP ${came.status}`;
        shown.textContent = laidOut(text);
        shown.hidden = !text;
      } catch {
        said.textContent = "No answer came. Is the mock still running?";
      } finally {
        button.disabled = false;
      }
    });
  }
})();
