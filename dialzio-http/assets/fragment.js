// fragment: links to a place in the page, such as the skip links. All addresses of a page are read against <base>, so a
// browser alone would look for these places in another page.
(() => {
  'use strict';
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    const place = document.getElementById(link.getAttribute('href').slice(1));
    place?.scrollIntoView({ block: 'nearest' });
    place?.focus({ preventScroll: true });
  });
})();
