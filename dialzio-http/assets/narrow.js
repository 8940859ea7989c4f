// narrow: a box above a list of choices that leaves those with the words in it. Enter takes the first, the arrows go through them,
// and while it is empty a digit takes the choice at its place.
(() => {
  'use strict';
  const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const options = (field) => [...field.closest('dialog').querySelectorAll('.option')];
  const shown = (field) => options(field).filter((option) => !option.hidden);
  function narrow(field) {
    const words = fold(field.value).split(/\s+/).filter(Boolean);
    for (const option of options(field)) option.hidden = !words.every((word) => fold(option.textContent).includes(word));
    field.parentElement.querySelector('[data-narrow-none]').hidden = shown(field).length > 0;
  }
  document.addEventListener('input', (event) => { if (event.target.matches('[data-narrow]')) narrow(event.target); });
  document.addEventListener('keydown', (event) => {
    const dialog = event.target.closest?.('dialog[open]');
    const field = dialog?.querySelector('[data-narrow]');
    if (!field || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = shown(field);
    if (event.target === field && event.key === 'Enter') { event.preventDefault(); all[0]?.click(); return; }
    if (event.target === field && field.value === '' && /^[1-9]$/.test(event.key) && all[event.key - 1] && document.body.dataset.keys === 'on') { event.preventDefault(); all[event.key - 1].click(); return; }
    if (!['ArrowDown', 'ArrowUp'].includes(event.key)) return;
    event.preventDefault();
    const at = all.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1);
    (all[at] ?? field).focus();
  });
  document.addEventListener('dialog:opened', (event) => {
    const field = event.target.querySelector?.('[data-narrow]');
    if (field) { field.value = ''; narrow(field); }
  }, true);
})();
