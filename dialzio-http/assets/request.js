// request: what every request has in common. A refusal is shown beside the control that was used, in the
// nearest element marked data-problem; the answer's body is read as text only. 422 is a form that comes
// back with its mistakes marked, and is swapped as usual.
(() => {
  'use strict';
  const KEPT_ALIVE = 16 * 1024;
  const slot = (element) => {
    for (let near = element; near; near = near.parentElement) {
      const found = near.querySelector?.(':scope [data-problem]');
      if (found) return found;
      if (near.matches('main, dialog')) break;
    }
    return document.getElementById('notice');
  };
  const say = (element, words, code = '') => {
    const place = slot(element);
    if (!place) return;
    place.textContent = words;
    place.title = code;
    place.removeAttribute('data-unreachable');
    if (place.id === 'notice') place.className = words ? 'problem' : '';
  };
  // A choice that was not saved goes back to what is stored.
  const revert = (element) => { if (element?.matches?.('[data-revert]')) element.reset(); };
  const isQuiet = (ctx) => ctx.quiet || ctx.sourceElement?.id === 'events';

  // A session ends when it is not used, although its tab stays open: what the page does by itself is no use of it. A browser
  // knows for some seconds that a key or a button was pressed.
  const unattended = () => (navigator.userActivation && !navigator.userActivation.isActive ? { 'X-Dialzio-Unattended': '1' } : {});
  document.addEventListener('htmx:config:request', (event) => {
    const { ctx } = event.detail;
    if (isQuiet(ctx)) Object.assign(ctx.request.headers, unattended());
  });

  document.addEventListener('htmx:before:request', (event) => {
    const { sourceElement: source, request } = event.detail.ctx;
    if (request.method === 'GET') return;
    // What was done is done, although the page is left at once; browsers take no more than 64 kB in this way.
    request.keepalive = request.body instanceof URLSearchParams && String(request.body).length < KEPT_ALIVE;
    if (!isQuiet(event.detail.ctx)) say(source, '');
  });
  document.addEventListener('htmx:after:request', (event) => {
    const { ctx } = event.detail;
    const { status } = ctx.response;
    // The server answers again: nothing that could not reach it complains any more.
    if (status < 500) document.querySelectorAll('[data-unreachable]').forEach((place) => { place.textContent = ''; place.removeAttribute('data-unreachable'); });
    if (status < 400 || status === 422 || isQuiet(ctx)) return;
    if (status === 401) {
      revert(ctx.sourceElement);
      document.dispatchEvent(new CustomEvent('session:ended', { detail: { form: ctx.sourceElement } }));
      return;
    }
    const said = new DOMParser().parseFromString(ctx.text, 'text/html').body;
    // The code is for looking up, not for reading: it is in the tooltip.
    const code = said.querySelector('.code');
    code?.remove();
    if (code?.textContent.trim() === 'access.second_factor_required') location.assign('second-factor');
    const words = said.textContent.trim();
    revert(ctx.sourceElement);
    say(ctx.sourceElement, words.length > 0 && words.length < 400 ? words : 'This did not work. Nothing was changed; try again in a moment.', code?.textContent);
  });
  document.addEventListener('htmx:error', (event) => {
    const source = event.detail.ctx?.sourceElement;
    if (!source || isQuiet(event.detail.ctx)) return;
    revert(source);
    say(source, source.matches?.('[data-send]') ? 'Not sent: no connection. Your text is kept.' : 'No connection. Nothing was changed.');
    slot(source)?.setAttribute('data-unreachable', '');
  });

  // A form that comes back refused is continued where the mistake is; what takes a form's place is read from its title.
  document.addEventListener('htmx:after:swap', () => {
    if (document.activeElement !== document.body) return;
    document.querySelector('form [aria-invalid="true"]:not(textarea), [data-focus]')?.focus();
  });

  window.dialzio = {
    // Reads a fragment into the page, in silence: for refreshes that no one asked for.
    load: (url, target, swap, select) => {
      const place = document.querySelector(target);
      return place ? htmx.ajax('GET', url, { source: place, target: place, swap, select, quiet: true }).catch(() => {}) : Promise.resolve();
    },
    unattended,
    post: (url) => fetch(url, { method: 'POST', headers: { 'X-Dialzio-Request': '1' } }).catch(() => {}),
  };
})();
