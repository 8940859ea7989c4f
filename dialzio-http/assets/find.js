// find: looks for words in the conversation that is open. Ctrl+F (Cmd+F) opens it; pressed again in its field, the search of the
// browser opens. Enter goes further back, also beyond what is loaded: earlier messages are read until one has the words.
// The words are marked without touching the messages (CSS custom highlights); without those the message itself flashes.
(() => {
  'use strict';
  const bar = () => document.getElementById('thread-find');
  const field = () => document.getElementById('thread-find-text');
  const log = () => document.getElementById('thread-log');
  const said = (words) => { const place = bar()?.querySelector('[data-find-said]'); if (place) place.textContent = words; };
  const canMark = typeof Highlight === 'function' && CSS.highlights;
  // The hits, newest first, and the one that is shown.
  let hits = [];
  let at = -1;
  let asked = '';

  const unmark = () => { if (canMark) { CSS.highlights.delete('found'); CSS.highlights.delete('found-now'); } };
  /** Every place of the words in the texts of the messages, newest first. */
  function look(words) {
    const wanted = words.toLocaleLowerCase();
    const found = [];
    if (wanted === '') return found;
    for (const item of document.querySelectorAll('#thread-items > li')) {
      for (const part of item.querySelectorAll('.bubble-text, .file-name, .tpl-header, .note p, .author')) {
        if (part.closest('.sr')) continue;
        const nodes = [];
        const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT, (node) => (node.parentElement.closest('.bubble-meta, .sr') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
        while (walker.nextNode()) nodes.push(walker.currentNode);
        const text = nodes.map((node) => node.data).join('').toLocaleLowerCase();
        for (let from = text.indexOf(wanted); from >= 0; from = text.indexOf(wanted, from + wanted.length)) {
          const range = document.createRange();
          let passed = 0;
          for (const node of nodes) {
            const end = passed + node.data.length;
            if (from >= passed && from < end) range.setStart(node, from - passed);
            if (from + wanted.length > passed && from + wanted.length <= end) range.setEnd(node, Math.min(from + wanted.length - passed, node.data.length));
            passed = end;
          }
          found.push({ item, range });
        }
      }
    }
    return found.reverse();
  }
  function show() {
    unmark();
    const hit = hits[at];
    if (!hit) return;
    if (canMark) {
      CSS.highlights.set('found', new Highlight(...hits.map((one) => one.range)));
      CSS.highlights.set('found-now', new Highlight(hit.range));
    } else {
      hit.item.classList.add('flash');
      setTimeout(() => hit.item.classList.remove('flash'), 1600);
    }
    hit.item.scrollIntoView({ block: 'center' });
    said(`${at + 1} of ${hits.length}${document.getElementById('earlier') ? ' so far' : ''}`);
  }
  /** Reads the messages before those that are there; `false` at the beginning of the conversation. */
  const readEarlier = () => new Promise((resolve) => {
    const button = document.querySelector('#earlier button');
    if (!button) { resolve(false); return; }
    const done = (event) => {
      if (!event.target.closest?.('#thread')) return;
      document.removeEventListener('merged', done);
      clearTimeout(late);
      resolve(true);
    };
    const late = setTimeout(() => { document.removeEventListener('merged', done); resolve(false); }, 8000);
    document.addEventListener('merged', done);
    button.click();
  });
  async function further() {
    const words = field().value.trim();
    if (words === '') { said(''); return; }
    const shown = hits[at]?.range;
    if (words !== asked) { asked = words; hits = look(words); at = -1; }
    if (at + 1 < hits.length) { at += 1; show(); return; }
    // What was looked through has no more of it: the messages before are read.
    const { conversation } = document.getElementById('thread').dataset;
    const isSame = () => document.getElementById('thread')?.dataset.conversation === conversation && field()?.value.trim() === words && !bar().hidden;
    said('Looking further back…');
    while (await readEarlier()) {
      if (!isSame()) return;
      hits = look(words);
      if (at + 1 < hits.length) { at += 1; show(); return; }
      said('Looking further back…');
    }
    if (!isSame()) return;
    if (hits.length === 0) { said('Not in this conversation'); return; }
    if (shown) said(`${at + 1} of ${hits.length}, none further back`);
  }
  function newer() {
    if (at > 0) { at -= 1; show(); }
  }
  function close() {
    unmark();
    hits = [];
    at = -1;
    asked = '';
    if (bar()) bar().hidden = true;
    log()?.focus({ preventScroll: true });
  }

  document.addEventListener('keydown', (event) => {
    if (event.isComposing || !bar()) return;
    const isFind = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'f';
    if (isFind && !document.querySelector('dialog[open]')) {
      // A second press is for the search of the browser, which finds on the whole page.
      if (document.activeElement === field()) return;
      event.preventDefault();
      bar().hidden = false;
      field().focus();
      field().select();
      return;
    }
    if (event.target !== field() && !bar().contains(event.target)) return;
    if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); close(); }
    else if (event.key === 'Enter' && event.shiftKey) { event.preventDefault(); newer(); }
  }, true);
  document.addEventListener('submit', (event) => { if (event.target === bar()) { event.preventDefault(); event.stopImmediatePropagation(); further(); } }, true);
  document.addEventListener('input', (event) => {
    if (event.target !== field()) return;
    asked = field().value.trim();
    hits = look(asked);
    at = hits.length > 0 ? 0 : -1;
    if (at === 0) show();
    else { unmark(); said(asked === '' ? '' : document.getElementById('earlier') ? 'Not so far: Enter looks further back' : 'Not in this conversation'); }
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-find-newer]')) newer();
    if (event.target.closest('[data-find-close]')) close();
  });
  document.addEventListener('thread:opened', () => { unmark(); hits = []; at = -1; asked = ''; });
})();
