// views: the menu of saved views beside a list. It is read anew when it is opened, since the list may have changed, and what
// is saved is what the list shows at that moment. Without this script it is as the page was loaded.
(() => {
  'use strict';
  const { load } = window.dialzio;
  const box = () => document.getElementById('views');
  const LISTS = { contacts: 'contact-rows', inbox: 'queue-list', calls: 'call-list' };
  const here = () => document.getElementById(LISTS[box().dataset.list])?.dataset.query ?? '';
  const first = () => box().querySelector('[aria-current], .view-name, input:not([type="hidden"])');

  document.addEventListener('toggle', async (event) => {
    if (event.target !== box() || !event.target.open) return;
    const query = new URLSearchParams({ list: box().dataset.list, here: here() });
    first()?.focus();
    await load(`web/views?${query}`, '#views-menu', 'outerHTML');
    if (box()?.open && (document.activeElement === document.body || !document.activeElement)) first()?.focus();
  }, true);

  // A name that is being typed already stays.
  const isTyped = () => [...box().querySelectorAll('input:not([type="hidden"])')].some((field) => field.value !== field.defaultValue);
  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx, tasks } = event.detail;
    if (!ctx.quiet || !tasks) return;
    for (let at = tasks.length - 1; at >= 0; at -= 1) if (tasks[at].target?.id === 'views-menu' && isTyped()) tasks.splice(at, 1);
  });

  // A view keeps the columns that are shown.
  const fill = (form) => {
    form.querySelectorAll('[data-view-here]').forEach((field) => { field.value = here(); });
    const columns = form.querySelector('[data-view-columns]');
    const boxes = [...document.querySelectorAll('#contact-columns input')];
    if (!columns || boxes.length === 0) return;
    columns.disabled = false;
    columns.value = boxes.filter((one) => one.checked).map((one) => one.value).join(',');
  };
  document.addEventListener('submit', (event) => { if (event.target.closest('#views-menu')) fill(event.target); }, true);

  function close() {
    const open = box();
    if (!open?.open) return;
    const isInside = open.contains(document.activeElement);
    open.open = false;
    if (isInside) open.querySelector('summary').focus();
  }
  // Looked at before the click changes what is in the menu.
  document.addEventListener('click', (event) => { if (box()?.open && !box().contains(event.target) && !event.target.closest('#undo')) box().open = false; }, true);
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !box()?.open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  }, true);
})();
