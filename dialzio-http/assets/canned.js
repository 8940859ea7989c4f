// canned: "/" in an empty reply opens the list of canned replies above the box: type to narrow it, arrows, Enter, Esc. What is
// chosen comes from the server with its placeholders filled; one whose value is not known stays, selected, and has to
// be replaced before the text can be sent.
(() => {
  'use strict';
  const box = () => document.getElementById('canned-options');
  const area = () => document.getElementById('reply-text');
  const options = () => [...(box()?.querySelectorAll('[role="option"]:not([hidden])') ?? [])];
  const isOpen = () => box()?.hidden === false;
  const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const left = new Map();
  const slot = () => document.getElementById('composer')?.dataset.conversation;

  function choose(option) {
    options().forEach((other) => other.setAttribute('aria-selected', String(other === option)));
    option?.scrollIntoView({ block: 'nearest' });
    if (option) area().setAttribute('aria-activedescendant', option.id); else area().removeAttribute('aria-activedescendant');
  }
  function close() {
    if (!box()) return;
    box().hidden = true;
    area()?.removeAttribute('aria-activedescendant');
    document.querySelector('[data-canned-open]')?.setAttribute('aria-expanded', 'false');
    document.querySelector('[data-canned-said]').textContent = '';
  }
  function narrow() {
    const typed = fold(area().value.startsWith('/') ? area().value.slice(1).trim() : '');
    box().querySelectorAll('[role="option"]').forEach((option) => {
      // A shortcut is typed from its beginning; the title and the text are looked through.
      option.hidden = !(fold(option.dataset.shortcut).startsWith(typed) || fold(option.textContent).includes(typed));
    });
    const found = options();
    found.sort((a, b) => Number(fold(b.dataset.shortcut).startsWith(typed)) - Number(fold(a.dataset.shortcut).startsWith(typed)));
    choose(found[0]);
    const count = found.length;
    document.querySelector('[data-canned-said]').textContent = count === 0 ? 'No canned reply matches.' : `${count} canned ${count === 1 ? 'reply' : 'replies'}. Use the arrow keys, Enter to insert.`;
    const none = box().querySelector('[data-none]');
    if (none) none.hidden = count > 0 || box().querySelectorAll('[role="option"]').length === 0;
  }
  function open() {
    const list = box();
    if (!list) return;
    if (!list.hidden) { narrow(); return; }
    list.hidden = false;
    document.querySelector('[data-canned-open]')?.setAttribute('aria-expanded', 'true');
    htmx.ajax('GET', list.dataset.options, { source: list, target: '#canned-rows', swap: 'innerHTML', quiet: true }).then(() => { if (isOpen()) narrow(); }).catch(close);
  }
  // What is still to be filled in, said under the box.
  function remaining() {
    const text = area()?.value ?? '';
    return (left.get(slot()) ?? []).filter((token) => text.includes(token));
  }
  function say() {
    const line = document.querySelector('[data-canned-left]');
    if (!line) return;
    const tokens = remaining();
    line.hidden = tokens.length === 0;
    line.textContent = tokens.length === 0 ? '' : `Fill in ${tokens.join(' and ')} before you send: it is not known here.`;
    if (tokens.length === 0) left.delete(slot());
  }
  function mark() {
    const token = remaining()[0];
    const at = token ? area().value.indexOf(token) : -1;
    area().focus();
    if (at >= 0) area().setSelectionRange(at, at + token.length);
  }
  async function take(option) {
    const field = area();
    const of = slot();
    close();
    const answer = await fetch(option.dataset.fill, { headers: { 'X-Dialzio-Request': '1' } }).catch(() => null);
    const place = document.querySelector('#composer [data-problem]');
    if (!answer?.ok) {
      if (place) place.textContent = answer?.status === 404 ? 'This canned reply was deleted. Choose another one.' : 'The canned reply could not be read. Try again.';
      field.focus();
      return;
    }
    const { text, missing } = await answer.json();
    if (slot() !== of || !field.isConnected) return;
    if (place) place.textContent = '';
    if (field.value.startsWith('/')) { field.value = text; field.setSelectionRange(text.length, text.length); }
    else field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
    left.set(of, missing);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    mark();
  }

  document.addEventListener('input', (event) => {
    if (event.target.id !== 'reply-text') return;
    const typed = event.target.value;
    if (/^\/[^\s/]*$/.test(typed)) open(); else if (isOpen()) close();
    say();
  });
  document.addEventListener('keydown', (event) => {
    if (!isOpen() || event.target.id !== 'reply-text' || event.isComposing) return;
    const all = options();
    const at = all.findIndex((option) => option.getAttribute('aria-selected') === 'true');
    const handled = () => { event.preventDefault(); event.stopImmediatePropagation(); };
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      handled();
      if (all.length) choose(all[(at + (event.key === 'ArrowDown' ? 1 : -1) + all.length) % all.length]);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && all.length) {
      handled();
      take(all[Math.max(at, 0)]);
    } else if (event.key === 'Escape') { handled(); close(); }
  }, true);
  document.addEventListener('mousedown', (event) => { if (event.target.closest('#canned-options')) event.preventDefault(); });
  document.addEventListener('click', (event) => {
    const option = event.target.closest('#canned-options [role="option"]');
    if (option) { take(option); return; }
    if (event.target.closest('[data-canned-open]')) {
      if (isOpen()) close(); else open();
      area()?.focus();
      return;
    }
    if (isOpen() && event.target !== area()) close();
  });
  // Neither Ctrl+Enter nor the button sends a text with an open placeholder; the server refuses it too.
  document.addEventListener('submit', (event) => {
    if (event.target.id !== 'reply-form' || remaining().length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say();
    mark();
  }, true);
  document.addEventListener('htmx:after:swap', say);
})();
