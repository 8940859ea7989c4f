// tasks: the list is read again when a contact changes anywhere, and the focus keeps its place when a task is done.
(() => {
  'use strict';
  const { load } = window.dialzio;
  const list = () => document.getElementById('task-list');
  const links = () => [...(list()?.querySelectorAll('a[data-row]') ?? [])];
  const rowOf = (element) => element?.closest?.('#task-list li');
  let timer = null;
  const refresh = () => {
    timer ??= setTimeout(() => {
      timer = null;
      if (list()) load(`web/tasks?${list().dataset.query}`, '#task-list', 'outerMorph');
    }, 200);
  };
  document.addEventListener('contact', refresh);
  document.addEventListener('resync', refresh);
  // What changed before this page could hear of it.
  document.addEventListener('htmx:sse:after:connection', refresh);

  // Where the focus was, as a number of the row, and whether on its box or its link.
  let place = null;
  document.addEventListener('htmx:before:swap', (event) => {
    const row = event.detail.ctx.target?.id === 'task-list' && rowOf(document.activeElement);
    place = row ? { at: links().findIndex((link) => rowOf(link) === row), isBox: document.activeElement.matches('[type="checkbox"]') } : null;
  });
  document.addEventListener('htmx:after:swap', () => {
    if (!place || rowOf(document.activeElement)) { place = null; return; }
    const link = links()[Math.min(place.at, links().length - 1)];
    const next = place.isBox ? rowOf(link)?.querySelector('[type="checkbox"]') : link;
    (next ?? document.querySelector('#task-empty a, #main'))?.focus({ preventScroll: true });
    place = null;
  });
})();
