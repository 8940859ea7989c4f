// length: how much of the longest text is used. Nothing typed or pasted is ever cut: over the limit the send is refused
// in words, and a text that is too long for one message can be split into two.
(() => {
  'use strict';
  const rests = new Map();
  const number = new Intl.NumberFormat('en');
  const slot = (area) => area.closest('[data-conversation]')?.dataset.conversation;
  // Characters as the server counts them, not halves of surrogate pairs.
  const characters = (text) => [...text.replace(/\r\n?/g, '\n')];
  const limit = (area) => Number(area.form.querySelector('[data-file]')?.files.length ? area.dataset.longestCaption ?? area.dataset.longest : area.dataset.longest);
  const isOver = (area) => characters(area.value).length > limit(area);

  // How a text is cut into SMS, as the server counts it: units of the 7-bit alphabet, or of UTF-16 as soon as one character
  // is not in it. A character of two units is never cut in two.
  function segments(text, area) {
    const all = characters(text);
    const odd = all.find((one) => !area.dataset.smsBasic.includes(one) && !area.dataset.smsExtended.includes(one));
    const width = (one) => odd === undefined ? (area.dataset.smsBasic.includes(one) ? 1 : 2) : one.length;
    const [alone, each] = odd === undefined ? [160, 153] : [70, 67];
    const units = all.reduce((sum, one) => sum + width(one), 0);
    if (units <= alone) return { units, odd, count: units > 0 ? 1 : 0 };
    let count = 1;
    let used = 0;
    for (const one of all) {
      if (used + width(one) > each) { count += 1; used = 0; }
      used += width(one);
    }
    return { units, odd, count };
  }
  function smsWords(area) {
    const { units, odd, count } = segments(area.value, area);
    const [amount, currency] = area.dataset.smsPrice.split(' ');
    let words = `${number.format(units)} ${units === 1 ? 'character' : 'characters'}, ${count} SMS`;
    if (currency) words += `, ${(Number(amount) * count).toFixed(Math.max(2, (amount.split('.')[1] ?? '').length))} ${currency}`;
    if (odd !== undefined && count > 1) words += `. “${odd}” is not in the SMS alphabet, so each SMS holds 67 characters`;
    return words;
  }

  function show(area) {
    const place = area.form.querySelector('[data-count]');
    if (!place) return;
    const longest = limit(area);
    const used = characters(area.value).length;
    const rest = rests.get(slot(area));
    const over = used - longest;
    const isSms = area.dataset.smsBasic !== undefined;
    const isShown = used >= longest * 0.85 || Boolean(rest) || (isSms && used > 0);
    place.hidden = !isShown;
    place.classList.toggle('is-over', over > 0);
    area.setAttribute('aria-invalid', String(over > 0));
    const split = place.querySelector('[data-split]');
    if (split) split.hidden = over <= 0 || Boolean(area.form.querySelector('[data-file]')?.files.length);
    if (!isShown) return;
    let words = isSms ? smsWords(area) : `${number.format(used)} of ${number.format(longest)} characters`;
    if (over > 0) words = `${number.format(over)} ${over === 1 ? 'character' : 'characters'} over the limit of ${number.format(longest)}.`;
    else if (rest) words += `. The second part (${number.format(characters(rest).length)}) comes into the box once this is sent.`;
    const text = place.querySelector('[data-count-words]');
    if (text.textContent !== words) text.textContent = words;
  }

  // The last paragraph, sentence or word that ends before the limit; a text without any is cut at the limit.
  function boundary(all, longest) {
    const head = all.slice(0, longest).join('');
    const half = head.length / 2;
    for (const pattern of [/\n[^\n]*$/, /[.!?।。]\s+\S*[^.!?।。]*$/u, /\s\S*$/]) {
      const at = head.search(pattern);
      if (at > half) return characters(head.slice(0, at + 1)).length;
    }
    return longest;
  }
  function split(area) {
    const all = characters(area.value);
    const at = boundary(all, limit(area));
    const rest = rests.get(slot(area));
    rests.set(slot(area), all.slice(at).join('').trimStart() + (rest ? `\n${rest}` : ''));
    area.value = all.slice(0, at).join('').trimEnd();
    area.dispatchEvent(new Event('input', { bubbles: true }));
    area.focus();
  }

  document.addEventListener('input', (event) => { if (event.target.matches?.('[data-longest]')) show(event.target); });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-split]');
    if (button) split(button.form.querySelector('[data-longest]'));
  });
  document.addEventListener('submit', (event) => {
    const area = event.target.querySelector?.('[data-longest]');
    if (!area || !isOver(area)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    show(area);
    area.focus();
  }, true);
  document.addEventListener('composer:sent', (event) => {
    const area = event.target.querySelector('[data-longest]');
    const rest = area && rests.get(slot(area));
    if (rest && event.target.id === 'reply-form') {
      rests.delete(slot(area));
      area.value = area.value ? `${rest}\n${area.value}` : rest;
      area.dispatchEvent(new Event('input', { bubbles: true }));
    } else if (area) show(area);
  });
  const all = () => document.querySelectorAll('[data-longest]').forEach(show);
  document.addEventListener('composer:attached', all);
  document.addEventListener('htmx:after:swap', all);
  window.addEventListener('beforeunload', (event) => { if (rests.size > 0) event.preventDefault(); });
})();
