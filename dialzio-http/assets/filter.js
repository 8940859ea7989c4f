// filter: what narrows the inbox. Each choice lists at once and is part of the address; without this script the form's own
// button loads the page. The choices always show what is listed, whichever way it came to be listed.
(() => {
  'use strict';
  const box = () => document.getElementById('filter');
  const form = () => document.getElementById('filter-form');
  const listed = () => new URLSearchParams(document.getElementById('queue-list')?.dataset.query);

  function list() {
    const query = listed();
    const next = new URLSearchParams();
    next.set('state', query.get('state') ?? 'open');
    const words = document.querySelector('#queue form.search')?.elements.q.value.trim();
    if (words) next.set('q', words);
    for (const [name, value] of new FormData(form())) if (value !== '' || name === 'assignee') next.set(name, value);
    // A search that is about to be asked for, because somebody has just typed, is narrowed in the same way.
    document.getElementById('queue-narrowed')?.replaceChildren(...[...new FormData(form())].filter(([, value]) => value !== '').map(([name, value]) => Object.assign(document.createElement('input'), { type: 'hidden', name, value })));
    return htmx.ajax('GET', `web/inbox/queue?${next}`, { source: '#queue', target: '#queue-list', swap: 'outerHTML', push: `${location.pathname}?${next}` })
      .then(() => history.replaceState(history.state, '', `${location.pathname}?${document.getElementById('queue-list').dataset.query}`));
  }

  document.addEventListener('change', (event) => { if (event.target.closest('#filter-form')) list(); });
  document.addEventListener('submit', (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    list();
    close();
  });

  function close() {
    const open = box();
    if (!open?.open) return;
    const isInside = open.contains(document.activeElement);
    open.open = false;
    if (isInside) open.querySelector('summary').focus();
  }
  document.addEventListener('toggle', (event) => {
    if (event.target === box() && event.target.open) form().querySelector('select').focus();
  }, true);
  document.addEventListener('click', (event) => { if (box()?.open && !box().contains(event.target)) box().open = false; });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !box()?.open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  }, true);

  // What is listed says what is chosen: after a chip was taken away, a tab, back and forward.
  document.addEventListener('htmx:after:swap', () => {
    const choices = form();
    if (!choices || !document.getElementById('queue-list')) return;
    const query = listed();
    const whose = { mine: 'me', unassigned: 'none' };
    let active = 0;
    for (const name of ['assignee', 'account', 'stage', 'tag', 'order', 'unread', 'failed', 'from', 'kind', 'since', 'until']) {
      const field = choices.elements[name];
      const value = query.get(name) ?? '';
      active += value === '' ? 0 : 1;
      if (!field || field === document.activeElement) continue;
      if (field.type === 'checkbox') field.checked = value === 'true';
      else field.value = name === 'assignee' && value === '' ? whose[query.get('view')] ?? '' : value;
    }
    const badge = document.getElementById('filter-active');
    badge.hidden = active === 0;
    badge.querySelector('[data-number]').textContent = active;
  });
})();
