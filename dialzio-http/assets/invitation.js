// invitation: the token of an invitation, or of a link that was mailed, is in the fragment of its link, which no server and no log sees. It goes
// into the form from here, and out of the address, so that it does not stay in the history. The browser's time zone goes with
// it: it proposes the country.
(() => {
  'use strict';
  const start = () => {
    const form = document.querySelector('[data-invitation]');
    if (!form) return;
    const token = location.hash.slice(1);
    if (!token) {
      const state = form.querySelector('[data-invitation-state]');
      if (state) state.textContent = 'The address is not complete. Open the link again as you got it.';
      return;
    }
    form.elements.token.value = token;
    if (form.elements.zone) form.elements.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
    history.replaceState(null, '', location.pathname);
    htmx.trigger(form, 'invitation:known');
  };
  // The name of a country, in the language of the browser.
  const named = () => {
    for (const element of document.querySelectorAll('[data-country]')) {
      const names = new Intl.DisplayNames(navigator.languages ?? 'en', { type: 'region' });
      element.textContent = `${names.of(element.dataset.country)} (${element.dataset.country})`;
    }
  };
  document.addEventListener('htmx:after:swap', named);
  // After htmx has looked at the page.
  document.addEventListener('DOMContentLoaded', () => setTimeout(start, 0));
})();
