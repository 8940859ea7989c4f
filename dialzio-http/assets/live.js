// live: keeps the page true while others work.
//
// One stream, GET /web/events (server-sent events), which begins where the page was read (?after=). Its messages are named and carry ids only, never content:
//
//   conversation  {"conversation": id, "item": id?}   something was said or changed; item if one item changed
//   read          {"conversation": id, "unread": n}   it was read; only what is unread in it changed
//   draft         {"conversation": id}                this member's draft was saved or removed; see drafts.js
//   contact       {"contact": id}                     the person, their consent, tasks or notes changed
//   counts        {"unread": n, "notices": n}         unread conversations and notices of this member; see attention.js
//   sandbox       {"person": id?}                     a phone of the sandbox got something
//   resync        {}                                  some were missed: everything is read again
//
// The page then reads the fragment again from the same addresses that it was made from, and merges it by element
// id (merge.js). Ids instead of markup, because the page alone knows its filters, what is open and what is being
// typed; because a missed message costs nothing (after a reconnect everything is read again); and because the
// stream then holds no personal data. Focus, caret, scroll position and drafts are never touched: items are
// changed in place, a box that is in use is left alone, and what arrives below the fold is announced by a pill.
(() => {
  'use strict';
  const { load } = window.dialzio;
  const open = () => document.getElementById('thread')?.dataset.conversation;
  const isBusy = (element) => element && (element.contains(document.activeElement) || element.querySelector('dialog[open], details[open]'));

  // Many events at once ask once: at the end of the interval, and never twice at the same time.
  const gather = (work, wait) => {
    let timer = null;
    let running = false;
    const run = async () => {
      timer = null;
      if (running) { timer = setTimeout(run, wait); return; }
      running = true;
      try { await work(); } finally { running = false; }
    };
    return () => { timer ??= setTimeout(run, wait); };
  };

  const queueNow = () => {
    const list = document.getElementById('queue-list');
    if (!list) return Promise.resolve();
    const rows = Math.max(list.querySelectorAll('.queue-row:not(.is-message)').length, 30);
    return load(`web/inbox/queue?${list.dataset.query}&rows=${rows}`, '#queue-list', 'mergeQueue');
  };
  const queue = gather(queueNow, 200);
  const thread = gather(() => (open() ? load(`web/conversations/${open()}/thread`, '#thread-items', 'merge') : null), 80);
  const scheduled = gather(() => {
    const list = document.getElementById('scheduled');
    // What is pressed in it answers first, or its answer would find no place.
    if (list?.querySelector('.htmx-request')) { setTimeout(scheduled, 200); return null; }
    return list && open() && !list.querySelector('form.scheduled-form') ? load(`web/conversations/${open()}/scheduled`, '#scheduled', 'outerHTML') : null;
  }, 120);
  const composer = gather(() => {
    const box = document.getElementById('composer');
    if (!box || !open()) return null;
    const url = `web/conversations/${open()}`;
    const isTyped = [...box.querySelectorAll('[data-draft]')].some((area) => area.value !== '');
    const chosen = box.querySelector('#template-form [name="template"]')?.value;
    const isWhole = box.dataset.force || (!isTyped && !chosen && !isBusy(box));
    if (isWhole) return load(`${url}/composer`, '#composer', 'outerHTML');
    // What is being written or filled in stays; the texts about it are brought up to date.
    const line = load(`${url}/composer`, '#window-line', 'outerHTML', '#window-line').then(() => {
      // The person wrote: a reply is possible again.
      if (!isTyped && !box.querySelector('#reply-form, #refusal') && box.querySelector('#window-line [data-closes]')) return load(`${url}/composer`, '#composer', 'outerHTML');
      return null;
    });
    if (!chosen) return line;
    return line.then(() => load(`${url}/templates?template=${encodeURIComponent(chosen)}`, '#picker .picker-list', 'outerHTML', '.picker-list'));
  }, 250);
  const head = gather(() => (open() && !isBusy(document.getElementById('thread-head')) ? load(`web/conversations/${open()}/head`, '#thread-head', 'outerHTML') : null), 250);
  const person = gather(() => (open() && !isBusy(document.getElementById('person')) ? load(`web/conversations/${open()}/person`, '#person', 'outerHTML') : null), 250);
  const phone = gather(() => {
    const id = document.getElementById('phone')?.dataset.sandbox;
    return id ? load(`web/sandbox/${id}/thread`, '#phone-items', 'merge') : null;
  }, 80);
  const all = () => { queue(); thread(); scheduled(); composer(); head(); person(); phone(); };
  // After an outage: every list is read again, and lists what its search box says.
  const recover = () => {
    const form = document.querySelector('#queue form.search');
    const listed = new URLSearchParams(document.getElementById('queue-list')?.dataset.query).get('q') ?? '';
    if (form && form.elements.q.value.trim() !== listed) form.requestSubmit();
    all();
  };

  // What came into use while its refresh was on the way stays as it is.
  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx, tasks } = event.detail;
    if (!ctx.quiet || !tasks) return;
    for (let at = tasks.length - 1; at >= 0; at -= 1) {
      const { target } = tasks[at];
      if (target?.id === 'scheduled' && target.querySelector('.htmx-request')) { tasks.splice(at, 1); setTimeout(scheduled, 200); continue; }
      if (['composer', 'thread-head', 'person'].includes(target?.id) && !target.dataset.force && isBusy(target)) tasks.splice(at, 1);
    }
  });

  const read = (event) => { try { return JSON.parse(event.detail.data); } catch { return {}; } };
  document.addEventListener('conversation', (event) => {
    const { conversation } = read(event);
    queue();
    if (conversation && conversation === open()) { thread(); scheduled(); composer(); head(); }
  });
  document.addEventListener('read', (event) => {
    const { conversation, unread } = read(event);
    // Where unread ones alone are listed, it leaves the list.
    const listed = new URLSearchParams(document.getElementById('queue-list')?.dataset.query);
    if (listed.get('unread')) queue();
    else if (conversation) document.dispatchEvent(new CustomEvent('queue:unread', { detail: { conversation, unread } }));
  });
  document.addEventListener('draft', queue);
  document.addEventListener('contact', (event) => {
    if (read(event).contact === document.getElementById('person')?.dataset.contact) { person(); composer(); }
  });
  document.addEventListener('sandbox', (event) => {
    const { person: whose } = read(event);
    if (!whose || whose === document.getElementById('phone')?.dataset.sandbox) phone();
  });
  // Who has written for the first time joins the people of the sandbox, where no phone is open beside them.
  const PEOPLE = '[aria-labelledby="people-title"]';
  const people = gather(() => (document.querySelector(PEOPLE) && !document.getElementById('phone') ? load('sandbox', PEOPLE, 'outerHTML', PEOPLE) : null), 500);
  document.addEventListener('sandbox', people);
  document.addEventListener('resync', () => all());
  document.addEventListener('live:queue', (event) => (event.detail?.now ? (document.getElementById('queue-scroll').scrollTop = 0, queueNow().then(queue)) : queue()));
  document.addEventListener('live:window', () => { queue(); composer(); });
  document.addEventListener('live:composer', (event) => {
    const box = document.getElementById('composer');
    if (box && event.detail?.force) box.dataset.force = 'yes';
    composer();
  });

  // The connection: a short break is not shown, a longer one is, and its end brings everything up to date.
  const events = () => document.getElementById('events');
  let isConnected = false;
  let wasConnected = false;
  let complaint = null;
  const complain = () => {
    complaint ??= setTimeout(() => { const bar = document.getElementById('offline'); if (bar && (!isConnected || !navigator.onLine) && !document.hidden) bar.hidden = false; }, 3000);
  };
  // Opened by a new request, the stream goes on after the last event that was heard, as it does by itself.
  let heard = '';
  document.addEventListener('htmx:sse:after:message', (event) => {
    if (event.target === events()) heard = event.detail.connection.lastEventId || heard;
  });
  document.addEventListener('htmx:config:request', (event) => {
    const { ctx } = event.detail;
    if (heard && ctx.sourceElement === events()) ctx.request.headers['Last-Event-ID'] = heard;
  });
  const lost = () => { isConnected = false; complain(); };
  const restored = () => {
    clearTimeout(complaint);
    complaint = null;
    const bar = document.getElementById('offline');
    if (bar) bar.hidden = true;
  };
  document.addEventListener('htmx:sse:after:connection', () => {
    isConnected = true;
    isTrying = false;
    restored();
    if (wasConnected) recover();
    wasConnected = true;
  });
  for (const name of ['htmx:sse:error', 'htmx:sse:close', 'htmx:error', 'htmx:response:error']) {
    document.addEventListener(name, (event) => {
      if (event.target !== events()) return;
      lost();
      isTrying = false;
      if (/status 401/.test(String(event.detail?.error?.message ?? event.detail?.error ?? ''))) document.dispatchEvent(new CustomEvent('session:ended'));
    });
  }
  // A network that is away for a moment may leave the stream whole: then it is the lists alone that have to be read again.
  window.addEventListener('offline', complain);
  // One attempt at a time: an answer that takes long is not cut off by the next attempt.
  let isTrying = false;
  const retry = () => {
    if (!events() || isConnected || isTrying || document.hidden || document.getElementById('session-dialog')?.open) return;
    isTrying = true;
    setTimeout(() => { isTrying = false; }, 5000);
    htmx.trigger(events(), 'live:retry');
  };
  document.addEventListener('session:renewed', () => { isTrying = false; retry(); all(); });
  document.addEventListener('click', (event) => { if (event.target.closest('[data-retry]')) retry(); });
  window.addEventListener('online', () => { if (isConnected) { restored(); recover(); } else retry(); });
  setInterval(retry, 1000);
})();
