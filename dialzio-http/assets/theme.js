// theme: as the system, light or dark. The cookie holds one word, so that the server can write the page right at once.
(() => {
  'use strict';
  document.addEventListener('change', (event) => {
    if (!event.target.closest('[data-theme-choice]')) return;
    document.documentElement.dataset.theme = event.target.value;
    document.cookie = `dialzio_theme=${event.target.value}; Path=${new URL(document.baseURI).pathname.replace(/(.)\/$/, '$1')}; Max-Age=31536000; SameSite=Lax`;
  });
})();
