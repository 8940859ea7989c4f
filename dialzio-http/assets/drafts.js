// drafts: what is being written is kept on the server, a second after the last key and when the page goes, so that it is
// there again after a reload, a crash, a sign-in, and in another tab. The last save wins. Another tab takes what was saved
// here, unless something else is being written there: then it says so and lets the person choose.
(() => {
  'use strict';
  const IDLE = 1000;
  // The most that a request may carry that outlives its page.
  const KEPT_ALIVE = 60000;
  // Of each box: what stands in it, and what the server holds.
  const typed = new Map();
  const stored = new Map();
  const timers = new Map();
  const running = new Map();
  const failed = new Set();
  // Boxes whose text is being sent, with the save that was on its way then.
  const sending = new Map();
  const areas = () => [...document.querySelectorAll('#composer [data-draft]')];
  const slot = (area) => `${area.closest('[data-conversation]')?.dataset.conversation}:${area.dataset.draft ?? area.id}`;
  const isDirty = (key) => typed.has(key) && typed.get(key) !== stored.get(key);
  const lineOf = (area) => area.form.querySelector('[data-draft-line]');

  function put(area, text) {
    area.value = text;
    typed.set(slot(area), text);
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }

  async function post(key, text, isLast) {
    const [conversation, kind] = key.split(':');
    const body = new URLSearchParams({ kind, text });
    const answer = await fetch(`web/conversations/${conversation}/draft`, {
      method: 'POST', headers: { 'X-Dialzio-Request': '1' }, body, keepalive: isLast && String(body).length < KEPT_ALIVE,
    });
    if (!answer.ok) throw new Error(String(answer.status));
  }
  // One save at a time for each box, so that an older text never lands after a newer one.
  function save(key, isLast = false) {
    clearTimeout(timers.get(key));
    timers.delete(key);
    if (!isDirty(key)) return running.get(key);
    const text = typed.get(key);
    const before = stored.get(key);
    stored.set(key, text);
    const work = async () => {
      try {
        await post(key, text, isLast);
        failed.delete(key);
      } catch {
        // It stays in the box and is tried again with the next key, and once the server or the session is back.
        if (stored.get(key) === text) stored.set(key, before);
        failed.add(key);
      }
    };
    const turn = isLast ? work() : (running.get(key) ?? Promise.resolve()).then(work);
    running.set(key, turn);
    turn.finally(() => { if (running.get(key) === turn) running.delete(key); });
    return turn;
  }
  const saveAll = (isLast) => [...typed.keys()].filter(isDirty).forEach((key) => save(key, isLast));

  document.addEventListener('input', (event) => {
    const area = event.target;
    if (!area.matches?.('[data-draft]')) return;
    const key = slot(area);
    typed.set(key, area.value);
    clearTimeout(timers.get(key));
    if (isDirty(key)) timers.set(key, setTimeout(() => save(key), IDLE));
    else timers.delete(key);
  });

  // A box that came with the page or with an answer: what is typed here goes before what the server knew then.
  function meet(area) {
    const key = slot(area);
    if (sending.has(key)) {
      // What the server drew may still be the text that is on its way; what was written since then stays.
      const since = typed.get(key) ?? '';
      if (area.value !== since) area.value = since;
      return;
    }
    if (isDirty(key) || running.has(key)) {
      if (area.value !== typed.get(key) && document.activeElement !== area) put(area, typed.get(key));
      return;
    }
    if (area.dataset.met) return;
    area.dataset.met = 'yes';
    stored.set(key, area.defaultValue);
    typed.set(key, area.value);
    if (area.value !== '') area.dispatchEvent(new Event('input', { bubbles: true }));
  }
  const meetAll = () => areas().forEach(meet);
  document.addEventListener('htmx:after:swap', meetAll);

  // Another tab of the same member saved, or sent.
  let isLooking = false;
  let isAsked = false;
  async function look(conversation) {
    isAsked = isLooking;
    if (isLooking || document.getElementById('composer')?.dataset.conversation !== conversation) return;
    isLooking = true;
    try {
      const answer = await fetch(`web/conversations/${conversation}/composer`);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const area of areas()) {
        const key = slot(area);
        const fresh = page.getElementById(area.id)?.defaultValue;
        if (!key.startsWith(conversation) || fresh === undefined || fresh === stored.get(key)) continue;
        if (sending.has(key)) continue;
        if (running.has(key)) { running.get(key).then(() => look(conversation)); continue; }
        const isOwn = isDirty(key);
        const before = area.value;
        stored.set(key, fresh);
        if (!isOwn) {
          put(area, fresh);
          // What only goes on from what stood here needs no word.
          lineOf(area).hidden = fresh.startsWith(before);
          area.dataset.other = before;
          continue;
        }
        // What is being typed here stays. The next save of it wins, unless the other version is chosen.
        if (fresh === '') continue;
        area.dataset.other = fresh;
        lineOf(area).hidden = false;
      }
    } finally {
      isLooking = false;
      if (isAsked) look(conversation);
    }
  }
  document.addEventListener('draft', (event) => {
    let news = {};
    try { news = JSON.parse(event.detail.data); } catch { return; }
    if (news.conversation) look(news.conversation);
  });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-take-draft]');
    if (!button) return;
    const area = button.closest('form').querySelector('[data-draft]');
    const own = area.value;
    put(area, area.dataset.other ?? '');
    // Pressed again it brings back what stood here.
    area.dataset.other = own;
    area.focus();
  });

  window.addEventListener('pagehide', () => saveAll(true));
  document.addEventListener('visibilitychange', () => { if (document.hidden) saveAll(true); });
  const again = () => { if (failed.size > 0) saveAll(false); };
  document.addEventListener('session:renewed', again);
  document.addEventListener('htmx:sse:after:connection', () => {
    again();
    // What was saved elsewhere before this page could hear of it.
    const { conversation } = document.getElementById('composer')?.dataset ?? {};
    if (conversation) look(conversation);
  });
  window.addEventListener('online', again);
  // What could not be saved would be lost with the page.
  window.addEventListener('beforeunload', (event) => {
    const isLost = (key) => isDirty(key) && (failed.has(key) || typed.get(key).length * 3 > KEPT_ALIVE);
    if ([...typed.keys()].some(isLost)) event.preventDefault();
  });

  window.dialzio.drafts = {
    slot,
    // A send has begun: the box is empty, and what it held is not saved any more.
    take: (key) => {
      clearTimeout(timers.get(key));
      timers.delete(key);
      typed.delete(key);
      sending.set(key, running.get(key));
    },
    // It was taken: the server has removed the draft. A save that was on its way may have come after it.
    sent: (key) => {
      const late = sending.get(key);
      sending.delete(key);
      const held = stored.get(key) ?? '';
      stored.set(key, '');
      if (!typed.has(key)) typed.set(key, '');
      areas().filter((area) => slot(area) === key).forEach((area) => { lineOf(area).hidden = true; });
      if (late && held !== '') late.then(() => post(key, typed.get(key) ?? '')).catch(() => {});
    },
    // It was refused: the text comes back, unless something else was written meanwhile.
    bringBack: (key, text) => {
      sending.delete(key);
      if (!typed.get(key)) typed.set(key, text);
      areas().filter((area) => slot(area) === key && area.value === '').forEach((area) => put(area, typed.get(key)));
      if (isDirty(key)) timers.set(key, setTimeout(() => save(key), IDLE));
    },
  };
  if (document.readyState === 'complete') meetAll();
  else document.addEventListener('DOMContentLoaded', meetAll);
})();
