// theme: switches between light and dark. The cookie holds one word, so that the server can write the page right at once.
(() => {
  'use strict';
  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-theme-switch]')) return;
    const root = document.documentElement;
    const isDark = root.dataset.theme === 'dark' || (root.dataset.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
    root.dataset.theme = isDark ? 'light' : 'dark';
    document.cookie = `dialzio_theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax`;
  });
})();
