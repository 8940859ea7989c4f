// queue: opening a conversation and changing tabs without leaving the page. The address always says what is
// open and what is listed, so a link can be shared and back works. Without this script the same links load pages.
(() => {
  'use strict';
  const isPlain = (event) => !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const inbox = () => document.getElementById('inbox');

  const rowOf = (id) => document.querySelector(`#queue-rows a[data-conversation="${CSS.escape(id)}"]`);
  let wanted = null;

  // With `at` the conversation is opened at a message, rather than at its end.
  function open(id, at = '') {
    const area = document.getElementById('conversation');
    const query = document.getElementById('queue-list').dataset.query + (at && `&at=${at}`);
    wanted = id;
    document.querySelectorAll('#queue-rows a[aria-current]').forEach((other) => other.removeAttribute('aria-current'));
    rowOf(id)?.setAttribute('aria-current', 'true');
    inbox().dataset.pane = 'thread';
    const waiting = setTimeout(() => {
      area.className = 'conversation conversation-empty';
      area.replaceChildren(document.getElementById('conversation-loading').content.cloneNode(true));
    }, 150);
    keepPlace();
    htmx.ajax('GET', `web/conversations/${id}?${query}`, { source: '#conversation', target: '#conversation', swap: 'innerHTML', push: `inbox/${id}?${query}` })
      .finally(() => {
        clearTimeout(waiting);
        // Still the skeleton, and still this one is wanted: say so and offer to try again.
        if (area.querySelector('[aria-busy="true"]') && wanted === id) {
          area.replaceChildren(document.getElementById('conversation-failed').content.cloneNode(true));
          area.querySelector('button').addEventListener('click', () => open(id, at));
        }
      });
  }

  document.addEventListener('click', (event) => {
    if (!isPlain(event) || !inbox()) return;
    const row = event.target.closest('#queue-rows a[data-conversation]');
    const tab = event.target.closest('#queue-tabs a, #queue-empty a');
    if (row) { event.preventDefault(); open(row.dataset.conversation, row.dataset.at); }
    if (tab) {
      event.preventDefault();
      const { search } = new URL(tab.href);
      htmx.ajax('GET', 'web/inbox/queue' + search, { source: '#queue', target: '#queue-list', swap: 'outerHTML', push: location.pathname + search });
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
      // From here one Tab leads to the reply box, and the single keys work.
      if (ctx.target.querySelector('#thread-log')) document.getElementById('thread-log').focus({ preventScroll: true });
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
      const narrowed = [...query].filter(([name]) => !['view', 'state', 'q'].includes(name));
      document.getElementById('queue-narrowed').replaceChildren(...narrowed.map(([name, value]) => {
        const field = document.createElement('input');
        Object.assign(field, { type: 'hidden', name, value });
        return field;
      }));
      if (ctx.sourceElement === form) history.replaceState(history.state, '', `${location.pathname}?${query}`);
    }
  });
  // What was closed or snoozed here leaves the list at once, also while the pointer keeps the list still.
  document.addEventListener('htmx:finally:request', (event) => {
    const { request, response } = event.detail.ctx;
    const id = /web\/conversations\/([^/?]+)\/(close|snooze)$/.exec(request?.action ?? '')?.[1];
    const query = new URLSearchParams(document.getElementById('queue-list')?.dataset.query);
    if (id && response?.status < 400 && query.get('state') === 'open' && !query.get('q')) document.getElementById(`row-${id}`)?.remove();
  });
  document.addEventListener('conversation:open', (event) => { if (inbox()) open(event.detail); else location.assign(`inbox/${event.detail}`); });

  // What was read elsewhere, or here: the row is the same but for its number.
  document.addEventListener('queue:unread', (event) => {
    const { conversation, unread } = event.detail;
    const row = document.getElementById(`row-${conversation}`);
    if (!row) return;
    row.classList.toggle('is-unread', unread > 0);
    const badge = row.querySelector('.badge');
    if (unread > 0 && badge) badge.firstChild.textContent = String(unread);
    else badge?.remove();
  });

  // The list reads on by itself when its end comes near.
  let isReading = false;
  const more = () => document.querySelector('#queue-more[data-reads-on] button');
  const readOn = () => {
    const button = more();
    if (!button || isReading) return false;
    isReading = true;
    button.click();
    return true;
  };
  const near = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) readOn(); }, { rootMargin: '800px 0px' });
  const watch = () => {
    near.disconnect();
    const button = more();
    if (button && !matchMedia('(scripting: none)').matches) near.observe(button);
  };
  document.addEventListener('queue:more', readOn);
  document.addEventListener('htmx:finally:request', (event) => {
    if (!/(^|\/)web\/inbox\/queue(\?|$)/.test(event.detail.ctx.request?.action ?? '')) return;
    isReading = false;
    watch();
    document.dispatchEvent(new CustomEvent('queue:read'));
  });

  // How far the list was read and scrolled is kept for this tab, so that back and reload lead to the same place.
  const place = () => `queue?${document.getElementById('queue-list')?.dataset.query ?? ''}`;
  function keepPlace() {
    const scroll = document.getElementById('queue-scroll');
    if (!scroll) return;
    const rows = document.querySelectorAll('#queue-rows > .queue-row:not(.is-message)').length;
    try { sessionStorage.setItem(place(), JSON.stringify({ rows, top: scroll.scrollTop })); } catch { /* kept for comfort only */ }
  }
  async function findPlace() {
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(place())); } catch { return; }
    if (!kept || !inbox()) return;
    const rows = () => document.querySelectorAll('#queue-rows > .queue-row:not(.is-message)').length;
    while (rows() < kept.rows && readOn()) {
      await new Promise((resolve) => document.addEventListener('queue:read', resolve, { once: true }));
    }
    document.getElementById('queue-scroll').scrollTop = kept.top;
  }
  window.addEventListener('pagehide', keepPlace);
  document.addEventListener('htmx:before:history:update', keepPlace);
  document.addEventListener('htmx:after:swap', (event) => { if (event.detail.ctx.target === document.body) findPlace().then(watch); });
  // The buttons work once htmx has seen the page, which is when it is complete.
  const begin = () => setTimeout(() => { if (inbox()) findPlace().then(watch); });
  if (document.readyState === 'complete') begin();
  else document.addEventListener('DOMContentLoaded', begin);

  document.addEventListener('pointerout', (event) => {
    const scroll = event.target.closest?.('#queue-scroll[data-held]');
    if (scroll && !scroll.contains(event.relatedTarget)) document.dispatchEvent(new CustomEvent('live:queue'));
  });
})();
