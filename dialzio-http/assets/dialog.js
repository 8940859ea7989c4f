// dialog: opens and closes dialogs by data attributes; focus goes back where it came from.
(() => {
  'use strict';
  let wasDialog = false;
  document.addEventListener('click', (event) => {
    const opener = event.target.closest('[data-open]');
    if (opener) {
      const dialog = document.querySelector(opener.dataset.open);
      if (dialog && !dialog.open) dialog.showModal();
      return;
    }
    if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close();
    else if (event.target.matches?.('dialog.dialog[open]')) {
      const box = event.target.getBoundingClientRect();
      const isInside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!isInside) event.target.close();
    }
  });
  // A form that was taken closes its dialog before the page changes under it.
  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx } = event.detail;
    const dialog = ctx.sourceElement?.closest?.('dialog');
    if (dialog && ctx.response && ctx.response.status < 400 && ctx.request.method !== 'GET') { dialog.close(); wasDialog = true; }
  });
  document.addEventListener('htmx:after:swap', () => {
    document.querySelectorAll('dialog[data-reopen]').forEach((dialog) => {
      dialog.removeAttribute('data-reopen');
      dialog.showModal();
    });
    if (wasDialog && document.activeElement === document.body) (document.getElementById('thread-log') || document.getElementById('main'))?.focus({ preventScroll: true });
    wasDialog = false;
  });
  // What cannot be undone asks for a word.
  document.addEventListener('input', (event) => {
    const { confirm } = event.target.dataset ?? {};
    if (confirm) event.target.form.querySelector('[type="submit"]').disabled = event.target.value.trim() !== confirm;
  });
})();
