/* The editor of an extension callout: its fields follow the format, and the namespace is shown. The page works
   without it, and the server checks everything again. */
(() => {
  const form = document.getElementById("callout-editor");
  const control = (name) => form.elements[name];
  const transport = control("transport");
  const format = control("data_format");
  const chosen = () => format.selectedOptions[0];
  const fits = (option) => option.dataset.transports.split(" ").includes(transport.value);

  /* help under a field says what it is for, or why it is off */
  const say = (input, sentence) => {
    const help = document.getElementById(`${input.id}-help`);
    help.dataset.usual ??= help.textContent;
    const text = sentence || help.dataset.usual;
    if (help.textContent !== text) help.textContent = text;
  };

  const forgetError = (input) => {
    document.getElementById(`${input.id}-error`)?.remove();
    input.classList.remove("is-invalid");
    input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", `${input.id}-help`);
    input.closest(".field").classList.remove("field-wrong");
  };

  const markRequired = (input, wanted) => {
    const label = form.querySelector(`label[for=${input.id}]`);
    label.querySelector(".required")?.remove();
    input.required = wanted;
    if (!wanted) return;
    const mark = document.createElement("span");
    mark.className = "required";
    mark.textContent = "required";
    label.append(" ", mark);
  };

  const setUsed = (input, used, off) => {
    input.disabled = !used;
    if (!used) forgetError(input);
    say(input, used ? "" : off);
    if ("required" in input.dataset) markRequired(input, used);
  };

  /* a field that is declared for some choices of another one is off under the rest */
  const isUsed = (input) => input.dataset.under.split(" ").includes(control(input.dataset.by).value);
  const followChoice = (input) => {
    const choice = control(input.dataset.by).selectedOptions[0].textContent;
    setUsed(input, isUsed(input), input.dataset.off.replace("{chosen}", choice));
  };
  const dependent = [...form.querySelectorAll("[data-by]")];
  const followAll = (name) => dependent.filter((input) => input.dataset.by === name).forEach(followChoice);
  form.addEventListener("change", (event) => followAll(event.target.name));

  const offerFormats = () => {
    // a chosen option stays, or nothing would be sent for it
    for (const option of format.options) option.disabled = !option.selected && !fits(option);
    say(format, transport.selectedOptions[0].dataset.limit);
  };
  const follow = () => {
    offerFormats();
    followAll("data_format");
    showNamespace();
  };

  /* a format that the transport can't carry gives way, and comes back with the transport */
  let gaveWay = "";
  transport.addEventListener("change", () => {
    const before = gaveWay && [...format.options].find((option) => option.value === gaveWay);
    if (!fits(chosen())) {
      gaveWay = format.value;
      format.value = [...format.options].find(fits).value;
      document.getElementById("editor-said").textContent =
        `Data Format is now ${chosen().textContent}. ${transport.selectedOptions[0].dataset.limit}`;
    } else if (before && fits(before)) {
      format.value = gaveWay;
      gaveWay = "";
      document.getElementById("editor-said").textContent = `Data Format is ${chosen().textContent} again.`;
    }
    forgetError(format);
    follow();
  });
  format.addEventListener("change", () => { gaveWay = ""; forgetError(format); follow(); });

  /* the namespace: the SOAP Action with every occurrence of the Method Name removed */
  const namespace = () => {
    const [method, action, override] = ["method_name", "soap_action", "namespace_override"].map(
      (name) => control(name).value.trim());
    if (!isUsed(control("namespace_override"))) return ["none", ""];
    const text = override || (method ? action.replaceAll(method, "") : action);
    if (override) return ["override", text];
    if (!method || !action) return ["unknown", text];
    if (!text) return ["empty", text];
    return [text === action ? "whole" : "result", text];
  };
  const showNamespace = () => {
    const [state, text] = namespace();
    const box = document.getElementById("namespace");
    box.dataset.state = state;
    document.getElementById("namespace-text").textContent = text;
    box.querySelectorAll("[data-for-state]").forEach((sentence) => {
      sentence.hidden = sentence.dataset.forState !== state;
    });
  };
  form.addEventListener("input", showNamespace);

  /* who types a secret means it, and who chooses to keep or remove one does not; what a browser fills in is nobody's
     choice: its events name no way of typing */
  const followSecret = (input, action, wanted) => {
    const choices = [...form.querySelectorAll(`[name=${action}]`)];
    input.addEventListener("input", (event) => {
      const typed = event.isTrusted && event.inputType && event.inputType !== "insertReplacementText";
      if (typed && input.value && choices.length) control(action).value = wanted;
    });
    choices.forEach((choice) => choice.addEventListener("change", () => {
      if (choice.value === wanted) input.focus();
      else input.value = "";
    }));
  };
  followSecret(control("password"), "password_action", "replace");
  followSecret(control("signing_secret"), "signing_action", "type");

  /* a stored password stays with its host and user name */
  const stored = form.querySelector("[data-stored-url]");
  const origin = (url) => {
    try {
      const { protocol, hostname, port } = new URL(url.trim());
      return `${protocol}//${hostname}:${port}`;
    } catch { return ""; }
  };
  const watchPassword = () => {
    const kept = control("password_action").value === "keep";
    const there = origin(control("url").value);
    const moved = {
      host: kept && there !== "" && there !== origin(stored.dataset.storedUrl),
      username: kept && control("username").value.trim() !== stored.dataset.storedUsername,
    };
    form.querySelectorAll("[data-moved]").forEach((notice) => { notice.hidden = !moved[notice.dataset.moved]; });
  };
  if (stored) {
    form.addEventListener("input", watchPassword);
    form.addEventListener("change", watchPassword);
    watchPassword();
  }

  /* a line of the summary leads to its field, on whatever tab it is */
  document.querySelectorAll(".error-summary a").forEach((link) => link.addEventListener("click", (event) => {
    const target = document.querySelector(link.hash);
    const pane = target?.closest(".tab-pane");
    if (!pane) return;
    event.preventDefault();
    bootstrap.Tab.getOrCreateInstance(document.getElementById(`tab-${pane.id}`)).show();
    target.focus();
  }));

  // what the server found wrong stays to be read until something is chosen
  if (!format.hasAttribute("aria-invalid")) offerFormats();
  dependent.filter((input) => isUsed(input) || !input.hasAttribute("aria-invalid")).forEach(followChoice);
  showNamespace();
})();
