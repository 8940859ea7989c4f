// reveal: shows what is typed into a password field for as long as one wants to read it. The button takes no room from the field
// that it had not before, and what is sent is always sent from a password field, so that browsers know it as one.
(() => {
  'use strict';
  const show = (button, isShown) => {
    const field = button.parentElement.querySelector('input');
    field.type = isShown ? 'text' : 'password';
    button.querySelector('[data-reveal-word]').textContent = isShown ? 'Hide' : 'Show';
    // Nothing but the keys that were pressed belongs into it, and no copy of it into a dictionary.
    field.spellcheck = false;
    field.setAttribute('autocapitalize', 'off');
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-reveal]');
    if (!button) return;
    const field = button.parentElement.querySelector('input');
    const { selectionStart, selectionEnd } = field;
    show(button, field.type === 'password');
    field.setSelectionRange(selectionStart, selectionEnd);
  });
  document.addEventListener('submit', (event) => event.target.querySelectorAll('[data-reveal]').forEach((button) => show(button, false)), true);
})();
