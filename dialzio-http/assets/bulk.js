// bulk: conversations of the inbox and contacts of their list are selected with x, with Shift and J, K or a click, or by
// their box. What is done with them is one request, and one Undo.
(() => {
  'use strict';
  const MOST = 100;
  const selected = new Set();
  let anchor = null;
  const bar = () => document.getElementById('bulk');
  const links = () => [...document.querySelectorAll('#queue-rows > li:not(.is-message) > a[data-conversation], #contact-rows a[data-contact]')];
  const idOf = (link) => link?.dataset.conversation ?? link?.dataset.contact;
  const rowOf = (link) => link.closest('li, tr');
  const list = () => document.querySelector('#queue-rows, #contact-rows');
  const BOX = '.queue-check input, tbody .pick input';
  const current = () => links().find((link) => rowOf(link).contains(document.activeElement)) ?? links().find((link) => link.hasAttribute('aria-current'));

  function dress() {
    if (!bar()) return;
    const here = new Set();
    for (const link of links()) {
      const row = rowOf(link);
      const id = idOf(link);
      here.add(id);
      let box = row.querySelector(BOX);
      if (!box) {
        const label = document.createElement('label');
        label.className = 'queue-check';
        box = document.createElement('input');
        box.type = 'checkbox';
        box.setAttribute('aria-label', `Select ${link.querySelector('.queue-name')?.textContent ?? ''}`);
        label.append(box);
        row.append(label);
      }
      box.checked = selected.has(id);
      row.classList.toggle('is-selected', selected.has(id));
    }
    // What has left the list is no longer meant.
    for (const id of selected) if (!here.has(id)) selected.delete(id);
    const form = bar();
    form.hidden = selected.size === 0;
    list()?.classList.toggle('is-selecting', selected.size > 0);
    const all = document.getElementById('contact-pick-all');
    if (all) {
      all.checked = selected.size > 0 && selected.size === Math.min(here.size, MOST);
      all.indeterminate = selected.size > 0 && !all.checked;
    }
    form.querySelector('[data-bulk-count]').textContent = selected.size === 0 ? '' : `${selected.size} selected${selected.size === MOST ? ' (the most at once)' : ''}`;
  }
  const set = (id, isOn) => { if (!isOn) selected.delete(id); else if (selected.size < MOST) selected.add(id); };
  function clear() { selected.clear(); anchor = null; dress(); }
  function range(from, to) {
    const all = links().map(idOf);
    const [a, b] = [all.indexOf(from), all.indexOf(to)].sort((x, y) => x - y);
    if (a < 0) { set(to, true); return; }
    all.slice(a, b + 1).forEach((id) => set(id, true));
  }

  document.addEventListener('change', (event) => {
    if (event.target.id === 'contact-pick-all') {
      const isOn = event.target.checked;
      links().forEach((link) => set(idOf(link), isOn));
      dress();
      return;
    }
    const box = event.target.closest?.(BOX);
    if (!box) return;
    const id = idOf(links().find((link) => rowOf(link).contains(box)));
    set(id, box.checked);
    anchor = id;
    dress();
  });
  // Shift and a click select from the last one to this one, and open nothing.
  document.addEventListener('click', (event) => {
    const row = event.shiftKey && event.button === 0 && event.target.closest?.('#queue-rows .queue-row:not(.is-message), #contact-rows tbody tr');
    const link = row && links().find((one) => rowOf(one) === row);
    if (!link || !bar()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const id = idOf(link);
    range(anchor ?? idOf(current()) ?? id, id);
    anchor = id;
    getSelection()?.removeAllRanges();
    dress();
  }, true);
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-bulk-clear]')) clear();
    const does = event.target.closest('[data-bulk]');
    if (does && bar()) bar().elements.action.value = does.dataset.bulk;
  }, true);
  // The ids go with the form as it is sent.
  document.addEventListener('submit', (event) => {
    if (event.target.id !== 'bulk') return;
    event.target.querySelectorAll('[data-bulk-id]').forEach((field) => field.remove());
    for (const id of selected) {
      const field = document.createElement('input');
      field.type = 'hidden';
      field.name = `id.${id}`;
      field.value = 'on';
      field.dataset.bulkId = '';
      event.target.append(field);
    }
    if (event.target.elements.action.value === 'unread') keepUnread();
  }, true);
  // A conversation that is open would be read again at once.
  function keepUnread() {
    const open = document.getElementById('thread');
    if (open && selected.has(open.dataset.conversation)) open.dataset.keepUnread = 'yes';
  }
  document.addEventListener('htmx:finally:request', (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement?.id !== 'bulk' || !ctx.response || ctx.response.status >= 400) return;
    const tag = document.getElementById('bulk-tag-name');
    if (tag) tag.value = '';
    clear();
    document.dispatchEvent(new CustomEvent(document.getElementById('contact-rows') ? 'live:contacts' : 'live:queue'));
  });
  document.addEventListener('htmx:after:swap', dress);
  document.addEventListener('merged', dress);

  const isField = (element) => element?.closest?.('input:not([type="checkbox"]), textarea, select, [contenteditable="true"]');
  function extend(by) {
    const all = links();
    const at = all.indexOf(current());
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    if (!next) return;
    if (at >= 0) set(idOf(all[at]), true);
    set(idOf(next), true);
    anchor = idOf(next);
    next.focus();
    next.scrollIntoView({ block: 'nearest' });
    dress();
  }
  document.addEventListener('keydown', (event) => {
    if (!bar() || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isField(event.target) || document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape' && selected.size > 0) { event.preventDefault(); event.stopImmediatePropagation(); clear(); return; }
    if (document.body.dataset.keys !== 'on') return;
    const id = idOf(current());
    if (event.key === 'x' && id) { set(id, !selected.has(id)); anchor = id; dress(); }
    else if (event.key === 'J') extend(1);
    else if (event.key === 'K') extend(-1);
    else if (event.key === 'U' && bar().querySelector('[data-bulk="unread"]') && (selected.size > 0 || id)) {
      if (selected.size === 0) { set(id, true); dress(); }
      bar().elements.action.value = 'unread';
      bar().requestSubmit();
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  if (document.readyState === 'complete') dress(); else document.addEventListener('DOMContentLoaded', () => setTimeout(dress));
})();
