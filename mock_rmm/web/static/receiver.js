// Disables the fields that the chosen endpoint has no use for. The server passes over them as well.
'use strict';

const endpoint = document.getElementById('door');

function fit() {
  for (const field of document.querySelectorAll('[data-receiver] input, [data-receiver] select')) {
    const group = field.closest('[data-endpoints]');
    if (group) field.disabled = !group.dataset.endpoints.split(' ').includes(endpoint.value);
  }
}

endpoint.addEventListener('change', fit);
fit();
