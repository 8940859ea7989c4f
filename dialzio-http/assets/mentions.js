// mentions: "@" in a note opens the list of members above the box: type to narrow it, arrows, Enter, Esc. What is chosen is
// written as text; who is told is decided by the server from the text alone.
(() => {
  'use strict';
  const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const listOf = (area) => document.getElementById(area.getAttribute('aria-controls'));
  const options = (list) => [...list.querySelectorAll('[role="option"]:not([hidden])')];
  // The name that is being typed, and where its sign stands.
  const typed = (area) => {
    const found = area.value.slice(0, area.selectionStart).match(/(^|[^\p{L}\p{N}])@([^@\n]{0,60})$/u);
    return found ? { name: found[2], at: area.selectionStart - found[2].length - 1 } : null;
  };
  const said = (list, words) => { list.parentElement.querySelector('[role="status"]').textContent = words; };

  function choose(area, option) {
    const list = listOf(area);
    options(list).forEach((other) => other.setAttribute('aria-selected', String(other === option)));
    option?.scrollIntoView({ block: 'nearest' });
    if (option) area.setAttribute('aria-activedescendant', option.id); else area.removeAttribute('aria-activedescendant');
  }
  function close(area) {
    const list = listOf(area);
    if (!list || list.parentElement.hidden) return;
    list.parentElement.hidden = true;
    area.removeAttribute('aria-activedescendant');
    said(list, '');
  }
  function narrow(area) {
    const [list, begun] = [listOf(area), typed(area)];
    if (!begun) { close(area); return; }
    const name = fold(begun.name);
    list.querySelectorAll('[role="option"]').forEach((option) => {
      const words = fold(option.dataset.name);
      option.hidden = !(words.startsWith(name) || words.split(/\s+/).some((word) => name !== '' && word.startsWith(name)));
    });
    const found = options(list);
    if (found.length === 0 && name !== '') { close(area); return; }
    list.parentElement.hidden = false;
    choose(area, found[0]);
    said(list, `${found.length} ${found.length === 1 ? 'member' : 'members'}. Use the arrow keys, Enter to insert.`);
  }
  async function open(area) {
    const list = listOf(area);
    if (!list.dataset.read) {
      list.dataset.read = 'yes';
      try {
        await htmx.ajax('GET', 'web/mentions', { source: list, target: `#${list.id}`, swap: 'innerHTML', quiet: true });
      } catch { delete list.dataset.read; return; }
    }
    if (document.activeElement === area) narrow(area);
  }
  function take(area, option) {
    const begun = typed(area);
    close(area);
    if (!begun) return;
    area.setRangeText(`@${option.dataset.name} `, begun.at, area.selectionStart, 'end');
    area.focus();
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }

  document.addEventListener('input', (event) => {
    if (!event.target.matches('[data-mention]')) return;
    if (typed(event.target)) open(event.target); else close(event.target);
  });
  document.addEventListener('keydown', (event) => {
    const area = event.target;
    if (!area.matches?.('[data-mention]') || event.isComposing) return;
    const list = listOf(area);
    if (list.parentElement.hidden) return;
    const all = options(list);
    const at = all.findIndex((option) => option.getAttribute('aria-selected') === 'true');
    const handled = () => { event.preventDefault(); event.stopImmediatePropagation(); };
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      handled();
      if (all.length) choose(area, all[(at + (event.key === 'ArrowDown' ? 1 : -1) + all.length) % all.length]);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && !event.ctrlKey && !event.metaKey && all.length) {
      handled();
      take(area, all[Math.max(at, 0)]);
    } else if (event.key === 'Escape') { handled(); close(area); }
  }, true);
  document.addEventListener('mousedown', (event) => { if (event.target.closest('[data-mention-options]')) event.preventDefault(); });
  document.addEventListener('click', (event) => {
    const option = event.target.closest('[data-mention-options] [role="option"]');
    const area = option ? document.querySelector(`[aria-controls="${option.parentElement.id}"]`) : null;
    if (option && area) { take(area, option); return; }
    document.querySelectorAll('[data-mention]').forEach((other) => { if (other !== event.target) close(other); });
  });
})();
