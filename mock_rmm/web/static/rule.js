// Disables the settings that the chosen answer has no use for. The server passes over them as well.
'use strict';

const fault = document.getElementById('fault');
const takes = JSON.parse(fault.form.dataset.takes);

function fit() {
  for (const [name, users] of Object.entries(takes)) {
    document.getElementById(name).disabled = !users.includes(fault.value);
  }
}

fault.addEventListener('change', fit);
fit();
