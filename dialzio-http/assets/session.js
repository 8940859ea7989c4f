// session: when the session has ended, a dialog over the page signs in again. Nothing is lost by it: what was typed
// stays, and a send that was refused goes out once more with the key that it already has.
(() => {
  'use strict';
  const dialog = () => document.getElementById('session-dialog');
  const waiting = new Set();

  function ended(form) {
    const box = dialog();
    if (!box) {
      location.assign(`${document.body.dataset.signIn ?? 'sign-in'}?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (form?.matches?.('[data-send], [data-template-form]')) waiting.add(form);
    if (!box.open) box.showModal();
    box.querySelector('[name="email"]').focus();
  }
  document.addEventListener('session:ended', (event) => ended(event.detail?.form));
  // Behind it is what only a member may see, so it closes by signing in alone.
  document.addEventListener('cancel', (event) => { if (event.target === dialog()) event.preventDefault(); }, true);

  document.addEventListener('submit', async (event) => {
    const form = event.target;
    if (form.id !== 'session-form') return;
    event.preventDefault();
    const said = form.querySelector('[data-problem]');
    const button = form.querySelector('[type="submit"]');
    said.textContent = '';
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: 'POST', headers: { 'X-Dialzio-Request': '1' }, body: new URLSearchParams(new FormData(form)) });
      if (answer.status === 204) {
        form.reset();
        dialog().close();
        document.dispatchEvent(new CustomEvent('session:renewed'));
        // The box may have been read anew meanwhile; what was typed stands in it.
        [...waiting].map((waits) => (waits.isConnected ? waits : document.getElementById(waits.id))).forEach((waits) => waits?.requestSubmit());
        waiting.clear();
      } else if (answer.ok) {
        // Another member signed in, who may not see this page.
        location.assign('inbox');
      } else {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        page.querySelector('.code')?.remove();
        said.textContent = page.querySelector('[data-problem]')?.textContent.trim() || page.body.textContent.trim().slice(0, 400);
        form.querySelector('[name="password"]').select();
      }
    } catch {
      said.textContent = 'No connection. Try again in a moment.';
    } finally {
      button.disabled = false;
    }
  });
})();
