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

  // The password first, then the code of those who have a second factor.
  function step(token) {
    const [first, second] = ['session-form', 'session-code-form'].map((id) => document.getElementById(id));
    second.elements.step.value = token;
    first.hidden = Boolean(token);
    second.hidden = !token;
    (token ? second.elements.code : first.elements.password).focus();
  }

  function renewed() {
    document.getElementById('session-form').reset();
    document.getElementById('session-code-form').reset();
    step('');
    dialog().close();
    document.dispatchEvent(new CustomEvent('session:renewed'));
    // The box may have been read anew meanwhile; what was typed stands in it.
    [...waiting].map((waits) => (waits.isConnected ? waits : document.getElementById(waits.id))).forEach((waits) => waits?.requestSubmit());
    waiting.clear();
  }

  document.addEventListener('submit', async (event) => {
    const form = event.target;
    if (!form.matches?.('#session-form, #session-code-form, #session-passkey-form')) return;
    event.preventDefault();
    const button = form.querySelector('[type="submit"], [data-passkey]');
    const say = (at, words) => { at.querySelector('[data-problem]').textContent = words; };
    say(form, '');
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: 'POST', headers: { 'X-Dialzio-Request': '1' }, body: new URLSearchParams(new FormData(form)) });
      if (answer.status === 204) {
        renewed();
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const token = page.querySelector('[name="step"]')?.value ?? '';
      page.querySelector('.code')?.remove();
      const words = page.querySelector('[data-problem]')?.textContent.trim() || page.body.textContent.trim().slice(0, 400);
      if (answer.ok && token) {
        step(token);
      } else if (answer.ok) {
        // Another member signed in, who may not see this page.
        location.assign('inbox');
      } else if (form.id === 'session-code-form' && answer.status === 422 && !token) {
        // The second step took too long.
        step('');
        say(document.getElementById('session-form'), words);
      } else {
        say(form, words);
        (form.elements.code ?? form.elements.password)?.select();
      }
    } catch {
      say(form, 'No connection. Try again in a moment.');
    } finally {
      button.disabled = false;
    }
  });
})();
