// queue: opening a conversation and changing tabs without leaving the page. The address always says what is
// open and what is listed, so a link can be shared and back works. Without this script the same links load pages.
(() => {
  'use strict';
  const isPlain = (event) => !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const inbox = () => document.getElementById('inbox');

  function open(link) {
    const area = document.getElementById('conversation');
    const id = link.dataset.conversation;
    document.querySelectorAll('#queue-rows a[aria-current]').forEach((other) => other.removeAttribute('aria-current'));
    link.setAttribute('aria-current', 'true');
    inbox().dataset.pane = 'thread';
    const waiting = setTimeout(() => {
      area.className = 'conversation conversation-empty';
      area.replaceChildren(document.getElementById('conversation-loading').content.cloneNode(true));
    }, 150);
    const url = `/web/conversations/${id}?${document.getElementById('queue-list').dataset.query}`;
    htmx.ajax('GET', url, { source: '#conversation', target: '#conversation', swap: 'innerHTML', push: link.getAttribute('href') })
      .finally(() => {
        clearTimeout(waiting);
        // Still the skeleton, and still this one is wanted: say so and offer to try again.
        if (area.querySelector('[aria-busy="true"]') && link.hasAttribute('aria-current')) {
          area.replaceChildren(document.getElementById('conversation-failed').content.cloneNode(true));
          area.querySelector('button').addEventListener('click', () => open(link));
        }
      });
  }

  document.addEventListener('click', (event) => {
    if (!isPlain(event) || !inbox()) return;
    const row = event.target.closest('#queue-rows a[data-conversation]');
    const tab = event.target.closest('#queue-tabs a');
    if (row) { event.preventDefault(); open(row); }
    if (tab) {
      event.preventDefault();
      const { search } = new URL(tab.href);
      htmx.ajax('GET', '/web/inbox/queue' + search, { source: '#queue', target: '#queue-list', swap: 'outerHTML', push: location.pathname + search });
    }
    if (event.target.closest('#queue-pill')) document.dispatchEvent(new CustomEvent('live:queue', { detail: { now: true } }));
  });

  document.addEventListener('htmx:after:swap', (event) => {
    const { ctx } = event.detail;
    if (ctx.response?.status >= 400) return;
    if (ctx.target?.id === 'conversation') {
      const name = document.querySelector('#thread-head h2')?.textContent;
      ctx.target.className = name ? 'conversation' : 'conversation conversation-empty';
      if (name) document.title = `${name} · Dialzio`;
      document.dispatchEvent(new CustomEvent('thread:opened'));
      if (matchMedia('(max-width: 759px)').matches) document.getElementById('thread-log')?.focus({ preventScroll: true });
    }
    // Which row is open is known here, not in the answer.
    const current = document.getElementById('thread')?.dataset.conversation;
    document.querySelectorAll('#queue-rows a[data-conversation]').forEach((row) => {
      if (row.dataset.conversation === current) row.setAttribute('aria-current', 'true');
      else if (ctx.target?.closest('#conversation, #queue')) row.removeAttribute('aria-current');
    });
    // The search form lists what the tabs list, and the address says so.
    const list = document.getElementById('queue-list');
    const form = document.querySelector('#queue form.search');
    if (list && form) {
      const query = new URLSearchParams(list.dataset.query);
      form.elements.view.value = query.get('view');
      form.elements.state.value = query.get('state');
      if (ctx.sourceElement === form) history.replaceState(history.state, '', `${location.pathname}?${query}`);
    }
  });
  document.addEventListener('pointerout', (event) => {
    const scroll = event.target.closest?.('#queue-scroll[data-held]');
    if (scroll && !scroll.contains(event.relatedTarget)) document.dispatchEvent(new CustomEvent('live:queue'));
  });
})();
