// Disables the fields that the chosen door has no use for. The server passes over them as well.
'use strict';

const door = document.getElementById('door');

function fit() {
  for (const field of document.querySelectorAll('[data-receiver] input, [data-receiver] select')) {
    const group = field.closest('[data-doors]');
    if (group) field.disabled = !group.dataset.doors.split(' ').includes(door.value);
  }
}

door.addEventListener('change', fit);
fit();
