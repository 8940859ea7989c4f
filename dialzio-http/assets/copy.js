// copy: a button with data-copy copies the field that it names. Where the browser gives no access to the clipboard, the text is
// selected, so that the usual keys copy it.
(() => {
  'use strict';
  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('[data-copy]');
    const field = button && document.getElementById(button.dataset.copy);
    if (!field) return;
    field.select();
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Selected: press Ctrl C';
    }
    setTimeout(() => { button.textContent = before; }, 2000);
  });
})();
