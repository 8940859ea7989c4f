// undo: the bar with Undo goes away by itself, but not while the pointer or the focus is on it.
(() => {
  'use strict';
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
  document.addEventListener('htmx:after:swap', () => document.querySelectorAll('#undo [data-undo]').forEach(start));
  document.addEventListener('htmx:after:request', (event) => {
    const bar = event.detail.ctx.sourceElement?.closest?.('#undo .bar');
    if (bar && event.detail.ctx.response.status < 400) bar.remove();
  });
})();
