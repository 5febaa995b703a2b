/* The editor of a workflow rule: rows come and go, and each value is entered by a control that fits its field.
   The page works without it: its buttons send the form, and the server makes the rows. */
(() => {
  const form = document.getElementById("rule-editor");
  const part = (row, name) => row.querySelector(`[data-part=${name}]`);
  const touched = () => form.dispatchEvent(new Event("input", { bubbles: true }));
  const changed = (select) => select.selectedOptions[0];

  /* a template's content, with the row's place filled in */
  const make = (template, place) => {
    const made = template.content.cloneNode(true);
    for (const element of made.querySelectorAll("*")) {
      for (const { name, value } of element.attributes) {
        if (value.includes("__N__")) element.setAttribute(name, value.replace("__N__", place));
      }
    }
    return made;
  };

  /* values */
  const valuesOf = (box) => [...box.querySelectorAll("[name]")].flatMap((input) => {
    if (input.type === "checkbox") return input.checked ? [input.value] : [];
    return input.tagName === "TEXTAREA" ? input.value.split("\n") : [input.value];
  }).filter((value) => value.trim() !== "");

  const fill = (box, field, values, place) => {
    const list = box.querySelector("[data-options]");
    const source = document.querySelector(`template[data-options-of="${CSS.escape(field)}"]`);
    if (list && source) {
      for (const option of source.content.children) {
        if (list.tagName === "SELECT") list.append(option.cloneNode(true));
        else list.append(tick(option, `conditions-${place}-value`, list.children.length + 1));
      }
    }
    for (const input of box.querySelectorAll("[name]")) {
      if (input.type === "checkbox") input.checked = values.includes(input.value);
      else if (input.tagName === "TEXTAREA") input.value = values.join("\n");
      else if (input.tagName !== "SELECT" || [...input.options].some((each) => each.value === values[0])) {
        input.value = values[0] ?? "";
      }
    }
  };

  const tick = (option, name, number) => {
    const line = document.createElement("div");
    line.className = "form-check";
    const input = document.createElement("input");
    Object.assign(input, { className: "form-check-input", type: "checkbox", name, value: option.value, id: `${name}-${number}` });
    const label = document.createElement("label");
    label.className = "form-check-label";
    label.htmlFor = input.id;
    label.textContent = option.textContent;
    line.append(input, label);
    return line;
  };

  const showValue = (row, keep) => {
    const box = part(row, "value");
    const option = changed(part(row, "field"));
    const control = `${option.dataset.kind || "text"} ${changed(part(row, "operator")).dataset.operands}`;
    if (keep && box.dataset.control === control) return;
    // a value that gives way to an operator without one comes back with the next operator
    const found = valuesOf(box);
    const values = keep ? (found.length ? found : box.kept || []) : [];
    box.kept = values;
    box.dataset.control = control;
    box.replaceChildren(make(document.querySelector(`template[data-control="${control}"]`), row.dataset.place));
    fill(box, option.value, values, row.dataset.place);
  };

  /* operators: those that mean nothing for a field can't be chosen */
  const offerOperators = (row) => {
    const operator = part(row, "operator");
    const refused = (changed(part(row, "field")).dataset.refuses || "").split(" ");
    for (const option of operator.options) option.disabled = refused.includes(option.value);
    if (changed(operator).disabled) operator.value = [...operator.options].find((each) => !each.disabled).value;
  };

  /* rows */
  const dress = (row) => {
    if (row.dataset.row !== "condition") return dressAction(row);
    const field = part(row, "field");
    const operator = part(row, "operator");
    const refused = (changed(field).dataset.refuses || "").split(" ");
    if (!refused.includes(operator.value)) offerOperators(row);
    part(row, "value").dataset.control =
      `${changed(field).dataset.kind || "text"} ${changed(operator).dataset.operands}`;
    field.addEventListener("change", () => { forget(field); offerOperators(row); showValue(row, false); });
    operator.addEventListener("change", () => { forget(operator); showValue(row, true); });
  };

  const dressAction = (row) => {
    const kind = part(row, "kind");
    kind.addEventListener("change", () => {
      forget(kind);
      const template = document.querySelector(`template[data-settings-of="${CSS.escape(kind.value)}"]`);
      part(row, "settings").replaceChildren(...(template ? [make(template, row.dataset.place)] : []));
    });
  };

  const forget = (input) => {
    document.getElementById(`${input.id}-error`)?.remove();
    input.classList.remove("is-invalid");
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  };

  const rowsOf = (kind) => form.querySelector(`[data-rows=${kind}]`);
  const number = (kind) => [...rowsOf(kind).children].forEach((row, place) => {
    row.setAttribute("aria-label", `${kind === "action" ? "Action" : "Condition"} ${place + 1}`);
  });

  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    const remove = event.target.closest("[data-remove]");
    if (add) {
      event.preventDefault();
      const kind = add.dataset.add;
      const rows = rowsOf(kind);
      const places = [...rows.children].map((row) => Number(row.dataset.place));
      rows.append(make(document.getElementById(`${kind}-template`), Math.max(-1, ...places) + 1));
      dress(rows.lastElementChild);
      number(kind);
      rows.lastElementChild.querySelector("select").focus();
      touched();
    } else if (remove) {
      event.preventDefault();
      const row = remove.closest("[data-row]");
      const kind = row.dataset.row;
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      number(kind);
      (next?.querySelector("[data-remove]") || form.querySelector(`[data-add=${kind}]`)).focus();
      touched();
    }
  });

  /* whoever says by whom means the event */
  form.querySelectorAll("[data-event]").forEach((select) => select.addEventListener("change", () => {
    document.getElementById(select.dataset.event).checked = true;
  }));

  form.querySelectorAll("[data-row]").forEach(dress);
})();
