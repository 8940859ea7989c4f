// contacts: what narrows and orders the list of contacts is part of the address, so that back, forward, reload and a shared
// link list the same. Without this script the same links and forms load pages.
(() => {
  'use strict';
  const { load } = window.dialzio;
  const page = () => document.getElementById('contacts');
  const rows = () => page()?.querySelector('#contact-rows');
  const form = () => document.getElementById('contact-filter-form');
  const search = () => page()?.querySelector('form.search');
  const isPlain = (event) => !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const listed = () => new URLSearchParams(rows()?.dataset.query);
  const address = (query) => (String(query) ? `contacts?${query}` : 'contacts');

  const list = (query) => htmx.ajax('GET', `web/${address(query)}`, { source: '#contacts', target: '#contact-rows', swap: 'outerHTML', push: address(query) });
  function narrow() {
    const query = new URLSearchParams();
    const words = search().elements.q.value.trim();
    if (words) query.set('q', words);
    for (const [name, value] of new FormData(form())) if (value.trim() !== '') query.set(name, value.trim());
    if (listed().has('columns')) query.set('columns', listed().get('columns'));
    return list(query);
  }

  document.addEventListener('change', (event) => { if (event.target.closest('#contact-filter-form')) narrow(); });
  document.addEventListener('submit', (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    narrow();
    close(document.getElementById('contact-filter'));
  });
  // Chips, heads of columns, and what clears the list.
  document.addEventListener('click', (event) => {
    const link = isPlain(event) && event.target.closest('#contact-rows .filter-chips a, #contact-rows a.sort, #contact-empty a');
    if (!link) return;
    event.preventDefault();
    const isSort = link.matches('.sort');
    const place = isSort ? [...document.querySelectorAll('#contact-rows a.sort')].indexOf(link) : -1;
    const { search: query } = new URL(link.href);
    if (!new URLSearchParams(query).get('q')) search().elements.q.value = '';
    list(query.slice(1)).then(() => {
      if (isSort) document.querySelectorAll('#contact-rows a.sort')[place]?.focus();
      else if (!document.activeElement || document.activeElement === document.body) document.querySelector('#contact-filter > summary').focus();
    });
  });

  function close(open) {
    if (!open?.open) return;
    const isInside = open.contains(document.activeElement);
    open.open = false;
    if (isInside) open.querySelector('summary').focus();
  }
  const opened = () => [...(page()?.querySelectorAll('details.filter[open]:not(#views)') ?? [])];
  document.addEventListener('toggle', (event) => {
    if (event.target.open && event.target.matches?.('#contacts details.filter:not(#views)')) event.target.querySelector('select, input').focus();
  }, true);
  document.addEventListener('click', (event) => opened().filter((one) => !one.contains(event.target)).forEach((one) => { one.open = false; }));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || opened().length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    opened().forEach(close);
  }, true);

  // Which columns are shown is kept in this browser, unless a saved view is shown with its own.
  const COLUMNS = 'dialzio_contact_columns';
  const hidden = () => { try { return JSON.parse(localStorage.getItem(COLUMNS)) ?? []; } catch { return []; } };
  const boxes = () => [...document.querySelectorAll('#contact-columns input')];
  function columns() {
    const choice = document.getElementById('contact-columns');
    if (!choice) return;
    // Those of a saved view are part of the address.
    const asked = listed().get('columns')?.split(',');
    const off = asked ? boxes().map((box) => box.value).filter((name) => !asked.includes(name)) : hidden();
    choice.hidden = false;
    for (const box of boxes()) {
      box.checked = !off.includes(box.value);
      page().classList.toggle(`hides-${box.value}`, !box.checked);
    }
  }
  document.addEventListener('change', (event) => {
    if (!event.target.closest('#contact-columns')) return;
    const off = boxes().filter((box) => !box.checked).map((box) => box.value);
    try { localStorage.setItem(COLUMNS, JSON.stringify(off)); } catch { /* shown as chosen until the page is left */ }
    boxes().forEach((box) => page().classList.toggle(`hides-${box.value}`, !box.checked));
    const query = listed();
    if (!query.has('columns')) return;
    query.delete('columns');
    rows().dataset.query = query;
    history.replaceState(history.state, '', address(query));
    choices();
  });

  // What is listed says what is chosen: after a chip was taken away, a search, back and forward.
  function choices() {
    if (!rows() || !form()) return;
    const query = listed();
    let active = 0;
    for (const name of ['order', 'stage', 'owner', 'tag']) {
      const field = form().elements[name];
      const value = query.get(name) ?? '';
      active += value !== '' && name !== 'order' ? 1 : 0;
      if (field !== document.activeElement) field.value = value;
    }
    const badge = document.getElementById('contact-filter-active');
    badge.hidden = active === 0;
    badge.querySelector('[data-number]').textContent = active;
    document.getElementById('contact-narrowed').replaceChildren(...[...query].filter(([name]) => name !== 'q').map(([name, value]) => {
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name, value });
      return field;
    }));
  }

  // The list reads on by itself when its end comes near. After an error its button stays, and says what was wrong.
  let isReading = false;
  const more = () => document.querySelector('#contacts-more button');
  const readOn = () => {
    const button = more();
    if (!button || isReading) return;
    isReading = true;
    button.click();
  };
  let near = null;
  const watch = () => {
    near?.disconnect();
    const button = more();
    if (!button) return;
    near = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) readOn(); }, { root: page(), rootMargin: '800px 0px' });
    near.observe(button);
  };
  document.addEventListener('queue:more', readOn);
  const isList = (ctx) => /(^|\/)web\/contacts(\?|$)/.test(ctx.request?.action ?? '') && ctx.request.method === 'GET';
  let waiting = null;
  document.addEventListener('htmx:before:request', (event) => {
    if (!isList(event.detail.ctx) || event.detail.ctx.quiet) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => rows()?.setAttribute('aria-busy', 'true'), 150);
  });
  document.addEventListener('htmx:finally:request', (event) => {
    const { ctx } = event.detail;
    if (!isList(ctx)) return;
    clearTimeout(waiting);
    rows()?.removeAttribute('aria-busy');
    isReading = false;
    if (ctx.response?.status < 400) {
      if (ctx.sourceElement === search()) history.replaceState(history.state, '', address(rows().dataset.query));
      watch();
    }
    document.dispatchEvent(new CustomEvent('queue:read'));
  });

  // What others change is read again in place; of a list that was read far, only after a change of one's own.
  const MOST = 200;
  let timer = null;
  const refresh = (isOwn) => {
    if (!rows()) return;
    const shown = document.querySelectorAll('#contact-rows a[data-contact]').length;
    if (shown > MOST && !isOwn) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const query = listed();
      query.set('rows', String(Math.min(Math.max(shown, 50), MOST)));
      load(`web/contacts?${query}`, '#contact-rows', 'outerMorph');
    }, 250);
  };
  document.addEventListener('contact', () => refresh(false));
  document.addEventListener('resync', () => refresh(false));
  document.addEventListener('live:contacts', () => refresh(true));

  const begin = () => { if (!page()) return; columns(); choices(); watch(); };
  document.addEventListener('htmx:after:swap', (event) => {
    if (event.detail.ctx.target === document.body) begin();
    else if (page()) { columns(); choices(); }
  });
  // The buttons work once htmx has seen the page, which is when it is complete.
  if (document.readyState === 'complete') setTimeout(begin); else document.addEventListener('DOMContentLoaded', () => setTimeout(begin));
})();
