// merge: three swap styles for lists that must not jump.
//
//   merge        each item of the answer replaces the item with the same id where it stands, or is put
//                after its neighbour in the answer. Nothing is removed. For threads.
//   mergeBefore  the answer comes before everything that is there; what is being read stays in place.
//   mergeQueue   as merge, and items that the answer lacks are removed. While the pointer is over the
//                list nothing moves: items change in place and a pill says how many are waiting.
//
// After a merge the list gets the event "merged" with the items that are new.
(() => {
  'use strict';
  let api;

  const items = (fragment, target) => {
    const list = target.id && fragment.querySelector('#' + CSS.escape(target.id));
    return [...(list || fragment).children].filter((item) => item.id);
  };
  const present = (target, item) => [...target.children].find((child) => child.id === item.id);
  const alone = (item) => { const f = document.createDocumentFragment(); f.append(item); return f; };

  function merge(target, incoming) {
    const before = target.childElementCount > 0;
    const added = [];
    let last = null;
    incoming.forEach((item, index) => {
      if (item.id === 'earlier' && before) return;
      // A fold takes the place of the lines that it stands for, and stays open if it was.
      item.dataset.holds?.split(' ').forEach((id) => present(target, { id })?.remove());
      const old = present(target, item);
      if (old) {
        const isOpen = old.querySelector('details.fold')?.open ?? false;
        api.morph(old, alone(item), false);
        last = present(target, { id: item.id }) || last;
        if (isOpen) last.querySelector('details.fold').open = true;
        return;
      }
      if (last) last.after(item);
      else {
        const next = incoming.slice(index + 1).map((other) => present(target, other)).find(Boolean);
        target.insertBefore(item, next || null);
      }
      last = item;
      added.push(item);
    });
    return added;
  }

  function mergeBefore(target, incoming) {
    const log = target.closest('[role="log"]');
    const height = log?.scrollHeight ?? 0;
    target.querySelector('#earlier')?.remove();
    // A day that goes on in both stretches moves up, so it is nothing to hold on to.
    const first = [...target.children].find((child) => !incoming.some((item) => item.id === child.id)) ?? null;
    for (const item of incoming) {
      const old = present(target, item);
      if (old && !item.classList.contains('item-day')) continue;
      old?.remove();
      target.insertBefore(item, first);
    }
    if (log) log.scrollTop += log.scrollHeight - height;
    return incoming;
  }

  function mergeQueue(target, fragment) {
    const tabs = fragment.querySelector('#queue-tabs');
    const rows = target.querySelector('#queue-rows');
    const fresh = fragment.querySelector('#queue-list');
    if (!fresh || !rows) return [];
    target.dataset.query = fresh.dataset.query;
    if (tabs) api.morph(target.querySelector('#queue-tabs'), alone(tabs), false);
    const incoming = [...fresh.querySelectorAll('#queue-rows > li')];
    const scroll = target.querySelector('#queue-scroll');
    const isHeld = scroll.matches(':hover') && matchMedia('(hover: hover)').matches;
    const focused = document.activeElement?.closest?.('#queue-rows > li')?.id;
    let waiting = 0;
    let previous = null;
    const added = [];
    for (const row of incoming) {
      let own = present(rows, row);
      if (own) api.morph(own, alone(row), false), own = present(rows, { id: row.id });
      else if (isHeld) { waiting += 1; continue; }
      else { own = row; added.push(row); }
      if (!isHeld) {
        const place = previous ? previous.nextElementSibling : rows.firstElementChild;
        if (place !== own) (rows.moveBefore && own.isConnected ? rows.moveBefore(own, place) : rows.insertBefore(own, place));
      }
      previous = own;
    }
    if (!isHeld) {
      const keep = new Set(incoming.map((row) => row.id));
      [...rows.children].filter((row) => !keep.has(row.id)).forEach((row) => row.remove());
      const empty = fresh.querySelector('#queue-empty');
      scroll.querySelector('#queue-empty')?.remove();
      if (empty) scroll.append(empty);
      if (focused && document.activeElement === document.body) document.getElementById(focused)?.querySelector('a')?.focus({ preventScroll: true });
    }
    const pill = scroll.querySelector('#queue-pill');
    pill.hidden = waiting === 0;
    pill.textContent = waiting === 1 ? '1 updated conversation' : `${waiting} updated conversations`;
    scroll.toggleAttribute('data-held', isHeld);
    htmx.process(rows);
    return added;
  }

  htmx.registerExtension('merge', {
    init: (internal) => { api = internal; },
    handle_swap: (style, target, fragment) => {
      if (style === 'mergeQueue') return [...mergeQueue(target, fragment)];
      if (style !== 'merge' && style !== 'mergeBefore') return false;
      // An answer that comes late, when another conversation is open by now, is not for this list.
      const from = target.id && fragment.querySelector('#' + CSS.escape(target.id))?.dataset.conversation;
      if (from && target.dataset.conversation && from !== target.dataset.conversation) return [];
      const log = target.closest('[role="log"]');
      const wasAtEnd = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 64;
      const incoming = items(fragment, target);
      const added = style === 'merge' ? merge(target, incoming) : mergeBefore(target, incoming);
      target.dispatchEvent(new CustomEvent('merged', { bubbles: true, detail: { added, style, wasAtEnd } }));
      // What was changed in place may have forms that it did not have before.
      incoming.map((item) => (item.isConnected ? item : present(target, item))).filter(Boolean).forEach((item) => htmx.process(item));
      return added;
    },
  });
})();
