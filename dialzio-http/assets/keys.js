// keys: one key for each thing done often. Never inside a field, and off for those who switched them off;
// Ctrl+K, Ctrl+Enter and Escape always work.
(() => {
  'use strict';
  const isField = (element) => element?.closest?.('input, textarea, select, [contenteditable="true"]');
  const press = (key) => document.querySelector(`[data-key="${key}"]`)?.click();
  const rows = () => [...document.querySelectorAll('#queue-rows a[data-conversation], #task-list a[data-row], #call-list a[data-row], #notice-list a[data-row], #contact-rows a[data-contact]')];
  let afterG = 0;

  function step(by, isOpening) {
    const all = rows();
    const focused = all.indexOf(document.activeElement);
    const from = focused >= 0 ? focused : all.findIndex((row) => row.hasAttribute('aria-current'));
    if (from + by >= all.length && document.querySelector('#queue-more, #contacts-more')) {
      document.addEventListener('queue:read', () => step(by, isOpening), { once: true });
      document.dispatchEvent(new CustomEvent('queue:more'));
      return;
    }
    const next = all[from < 0 ? 0 : Math.min(Math.max(from + by, 0), all.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
    if (isOpening) next?.click();
  }
  function closeAndNext() {
    const task = document.querySelector('#task-list li:focus-within [type="checkbox"], #notice-list li:focus-within [data-row-key="e"]');
    if (task) { task.click(); return; }
    const button = document.querySelector('[data-key="e"]');
    if (!button) return;
    const current = rows().find((row) => row.hasAttribute('aria-current'));
    const next = rows()[rows().indexOf(current) + 1];
    button.click();
    if (button.hasAttribute('data-close-next') && next) {
      const go = (event) => {
        const { request, response } = event.detail.ctx;
        if (!request.action.endsWith('/close')) return;
        document.removeEventListener('htmx:finally:request', go);
        if (response?.status < 400) setTimeout(() => next.isConnected && next.click(), 0);
      };
      document.addEventListener('htmx:finally:request', go);
    }
  }
  const single = {
    j: () => step(1), k: () => step(-1),
    r: () => document.dispatchEvent(new CustomEvent('composer:mode', { detail: 'reply' })),
    n: () => document.dispatchEvent(new CustomEvent('composer:mode', { detail: 'note' })),
    t: () => document.dispatchEvent(new CustomEvent('composer:mode', { detail: 'template' })),
    '/': () => document.querySelector('#queue-search, #contact-search, #call-number')?.focus(),
    c: () => { const own = document.activeElement?.closest('li')?.querySelector('[data-row-key="c"]'); if (own) own.click(); else press('c'); }, a: () => press('a'), m: () => press('m'), s: () => press('s'), e: closeAndNext,
    u: () => document.querySelector('#undo .bar:last-child button')?.click(),
    i: () => document.dispatchEvent(new CustomEvent('person:toggle')),
    g: () => { afterG = Date.now(); },
    '?': () => document.getElementById('keys-dialog')?.showModal(),
  };
  const places = { i: 'inbox', k: 'calls', t: 'tasks', n: 'notices', c: 'contacts', s: 'settings' };

  document.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      if (document.getElementById('goto-dialog')) { event.preventDefault(); document.dispatchEvent(new CustomEvent('goto:open')); }
      return;
    }
    if (event.key === 'Escape' && !document.querySelector('dialog[open]')) { back(event); return; }
    // In a list of choices a digit is the choice at its place.
    const choices = document.querySelector('dialog[open] .option')?.closest('dialog').querySelectorAll('.option:not([hidden])') ?? [];
    if (/^[1-9]$/.test(event.key) && choices[event.key - 1] && !event.ctrlKey && !event.metaKey && !event.altKey && !isField(event.target) && document.body.dataset.keys === 'on') {
      event.preventDefault();
      choices[event.key - 1].click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target) || document.querySelector('dialog[open]')) return;
    if (document.body.dataset.keys !== 'on') return;
    if (Date.now() - afterG < 1200 && places[event.key]) { afterG = 0; location.assign(places[event.key]); return; }
    const act = single[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  function back(event) {
    const field = isField(event.target);
    const area = document.getElementById('conversation');
    if (area?.classList.contains('is-person-open')) document.dispatchEvent(new CustomEvent('person:toggle'));
    else if (field?.closest('#note-form, #picker')) document.dispatchEvent(new CustomEvent('composer:mode', { detail: 'back' }));
    else if (field) field.blur();
    else document.querySelector('#queue-rows a[aria-current]')?.focus();
  }

  // Go to anything: arrows choose, Enter goes.
  document.addEventListener('keydown', (event) => {
    const dialog = event.target.closest?.('#goto-dialog');
    if (!dialog || !['ArrowDown', 'ArrowUp', 'Enter'].includes(event.key)) return;
    const options = [...dialog.querySelectorAll('[role="option"]:not([hidden])')];
    const at = options.findIndex((option) => option.getAttribute('aria-selected') === 'true');
    event.preventDefault();
    if (event.key === 'Enter') {
      const typed = dialog.querySelector('input').value.trim();
      const isFound = (dialog.querySelector('#goto-found')?.dataset.query ?? '') === typed;
      if (isFound) { (options[at] ?? options[0])?.click(); return; }
      // What was typed is still being looked for: its first result is meant.
      const go = (swap) => {
        if (swap.detail.ctx.target?.id !== 'goto-results') return;
        document.removeEventListener('htmx:after:swap', go);
        dialog.querySelector('[role="option"]:not([hidden])')?.click();
      };
      document.addEventListener('htmx:after:swap', go);
      return;
    }
    const next = (at + (event.key === 'ArrowDown' ? 1 : -1) + options.length) % options.length;
    options.forEach((option, index) => {
      option.id ||= `goto-${index}`;
      option.setAttribute('aria-selected', String(index === next));
    });
    options[next]?.scrollIntoView({ block: 'nearest' });
    dialog.querySelector('input').setAttribute('aria-activedescendant', options[next]?.id ?? '');
  });
})();
