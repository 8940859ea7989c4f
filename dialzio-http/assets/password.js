// password: says how a password that is being chosen stands, while it is typed: how many characters are missing, and then whether it
// is too easy to guess, by the rule that the server will apply when the form is sent.
(() => {
  'use strict';
  const DELAY = 400;
  let timer = null;
  let asked = 0;
  const line = (field) => document.getElementById(field.dataset.judged);
  function say(field, words, fits) {
    const place = line(field);
    if (!place) return;
    if (place.textContent !== words) place.textContent = words;
    place.classList.toggle('is-ok', fits === true);
  }
  async function judge(field, mine) {
    const body = new URLSearchParams({ password: field.value, email: field.form?.elements.email?.value ?? '' });
    const answer = await fetch('web/password', { method: 'POST', headers: { 'X-Dialzio-Request': '1' }, body }).catch(() => null);
    if (mine !== asked) return;
    if (answer?.status !== 200) { say(field, ''); return; }
    const { fits, says } = await answer.json();
    if (mine === asked) say(field, says, fits);
  }
  document.addEventListener('input', (event) => {
    const field = event.target;
    if (!field.dataset?.judged) return;
    clearTimeout(timer);
    asked += 1;
    const missing = field.minLength - [...field.value].length;
    if (field.value === '') say(field, '');
    else if (missing > 0) say(field, missing === 1 ? '1 more character.' : `${missing} more characters.`);
    else {
      say(field, '');
      const mine = asked;
      timer = setTimeout(() => judge(field, mine), DELAY);
    }
  });
})();
