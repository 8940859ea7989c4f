// dialog: opens and closes dialogs by data attributes; focus goes back where it came from.
(() => {
  'use strict';
  let wasDialog = false;
  document.addEventListener('click', (event) => {
    const opener = event.target.closest('[data-open]');
    if (opener) {
      if (opener.hasAttribute('data-close')) opener.closest('dialog')?.close();
      const dialog = document.querySelector(opener.dataset.open);
      if (dialog && !dialog.open) {
        dialog.showModal();
        dialog.dispatchEvent(new CustomEvent('dialog:opened'));
        // What is chosen or filled in has the focus, rather than the button that closes.
        [...dialog.querySelectorAll('.dialog-body :is(.option, input, select, textarea)')].find((one) => !one.disabled && one.checkVisibility())?.focus();
      }
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
  // Going to anything: a command presses its control, and is offered only where there is one.
  const offer = () => document.querySelectorAll('#goto-results [data-press]').forEach((option) => { option.hidden = !document.querySelector(option.dataset.press); });
  const goTo = () => {
    const dialog = document.getElementById('goto-dialog');
    if (!dialog || dialog.open) return;
    offer();
    dialog.showModal();
    dialog.querySelector('input').select();
  };
  document.addEventListener('goto:open', goTo);
  document.addEventListener('htmx:after:swap', offer);
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-goto]')) goTo();
    const command = event.target.closest('[data-press]');
    if (!command) return;
    const control = document.querySelector(command.dataset.press);
    command.closest('dialog')?.close();
    if (control?.matches('textarea')) control.focus();
    else control?.click();
  });
  if (new URLSearchParams(location.search).get('new') === '1') document.getElementById('contact-dialog')?.showModal();
  // What cannot be undone asks for a word.
  document.addEventListener('input', (event) => {
    const { confirm } = event.target.dataset ?? {};
    if (confirm) event.target.form.querySelector('[type="submit"]').disabled = event.target.value.trim() !== confirm;
  });
})();
