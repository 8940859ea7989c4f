// undo: each bar with Undo goes away by itself, but not while the pointer or the focus is on it. The last three stay,
// newest last; the key takes back the newest. Taking back a close opens that conversation again.
(() => {
  'use strict';
  const MOST = 3;
  const start = (bar) => {
    let seconds = Number(bar.dataset.undo) || 10;
    bar.removeAttribute('data-undo');
    const timer = setInterval(() => {
      if (!bar.isConnected) clearInterval(timer);
      else if (!bar.matches(':hover, :focus-within')) {
        seconds -= 1;
        if (seconds <= 0) { bar.remove(); clearInterval(timer); }
      }
    }, 1000);
  };
  document.addEventListener('htmx:after:swap', () => {
    document.querySelectorAll('#undo [data-undo]').forEach(start);
    [...document.querySelectorAll('#undo .bar')].slice(0, -MOST).forEach((bar) => bar.remove());
  });
  document.addEventListener('htmx:after:request', (event) => {
    const { ctx } = event.detail;
    const bar = ctx.sourceElement?.closest?.('#undo .bar');
    if (!bar || ctx.response.status >= 400) return;
    bar.remove();
    const reopened = /\/conversations\/([^/]+)\/reopen$/.exec(ctx.request.action)?.[1];
    if (!reopened || reopened === document.getElementById('thread')?.dataset.conversation) return;
    document.dispatchEvent(new CustomEvent('conversation:open', { detail: reopened }));
  });
})();
