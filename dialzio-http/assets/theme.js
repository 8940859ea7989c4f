// theme: the colours (as the system, light or dark) and how much room rows take. A cookie holds one word of each, so that the
// server can write the page right at once; both hold for this browser.
(() => {
  'use strict';
  const keep = (name, value) => { document.cookie = `${name}=${value}; Path=${new URL(document.baseURI).pathname.replace(/(.)\/$/, '$1')}; Max-Age=31536000; SameSite=Lax`; };
  document.addEventListener('change', (event) => {
    const { value } = event.target;
    if (event.target.closest('[data-theme-choice]')) { document.documentElement.dataset.theme = value; keep('dialzio_theme', value); }
    if (event.target.closest('[data-rows-choice]')) { document.documentElement.dataset.rows = value; keep('dialzio_rows', value); }
  });
})();
