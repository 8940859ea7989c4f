// calls: the log, one call and the dock are read again when a call changes anywhere; times in the dock count on, and a
// waveform is drawn from the samples of a recording when it is played.
(() => {
  'use strict';
  const { load } = window.dialzio;
  const HIDDEN = 'dialzio-dock-hidden';
  const hidden = () => { try { return JSON.parse(sessionStorage.getItem(HIDDEN)) ?? []; } catch { return []; } };
  const isTyped = (box) => [...(box?.querySelectorAll('textarea, input:not([type="hidden"])') ?? [])].some((field) => field.value !== field.defaultValue);
  const drawn = (list) => Math.max(0, [...list.options].findIndex((option) => option.defaultSelected));
  const isChosen = (box) => [...(box?.querySelectorAll('select') ?? [])].some((list) => list.selectedIndex !== drawn(list));
  const isUsed = (box) => box && (box.contains(document.activeElement) && document.activeElement.matches('input, textarea, select, button') || isTyped(box) || isChosen(box) || box.querySelector('.htmx-request'));

  const tidy = () => {
    const dock = document.getElementById('dock');
    if (!dock) return;
    for (const call of dock.querySelectorAll('[data-call]')) if (hidden().includes(call.dataset.call)) call.remove();
    dock.hidden = !dock.querySelector('[data-call]');
    const place = document.getElementById('rail-missed');
    const missed = Number(dock.dataset.missed);
    if (place && dock.dataset.missed) {
      const badge = document.createElement('span');
      badge.className = 'badge badge-bad';
      badge.textContent = missed > 99 ? '99+' : String(missed);
      place.replaceChildren(...(missed > 0 ? [badge] : []));
    }
    count();
  };
  function count() {
    for (const time of document.querySelectorAll('[data-counts]')) {
      const passed = Math.max(0, Math.floor((Date.now() - Date.parse(time.dataset.counts)) / 1000));
      time.textContent = `${Math.floor(passed / 60)}:${String(passed % 60).padStart(2, '0')}`;
    }
  }
  setInterval(count, 1000);

  let timer = null;
  let running = false;
  async function refresh() {
    timer = null;
    if (running) { again(); return; }
    running = true;
    try {
      const dock = document.getElementById('dock');
      // What is being written in the dock stays; the rest of it is read again.
      if (dock && !isUsed(dock)) await load('web/dock', '#dock', 'outerHTML');
      const list = document.getElementById('call-list');
      if (list && !isUsed(list.querySelector('form.call-filter'))) await load(`web/calls?${list.dataset.query}`, '#call-list', 'outerMorph');
      const call = document.getElementById('call');
      if (call && !isUsed(call) && !call.querySelector('audio')?.currentTime) await load(`web/calls/${call.dataset.call}`, '#call', 'outerHTML');
    } finally { running = false; }
  }
  const again = () => { timer ??= setTimeout(refresh, 120); };
  // What came into use while it was read again stays as it is.
  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx, tasks } = event.detail;
    if (!ctx.quiet || !tasks) return;
    for (let at = tasks.length - 1; at >= 0; at -= 1) {
      const { target } = tasks[at];
      if (['dock', 'call'].includes(target?.id) && isUsed(target)) tasks.splice(at, 1);
    }
  });
  document.addEventListener('call', again);
  document.addEventListener('resync', again);
  // What changed before this page could hear of it.
  document.addEventListener('htmx:sse:after:connection', again);
  document.addEventListener('htmx:after:swap', tidy);

  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-dock-hide]');
    if (!button) return;
    const call = button.closest('[data-call]');
    try { sessionStorage.setItem(HIDDEN, JSON.stringify([...hidden(), call.dataset.call].slice(-50))); } catch { /* It comes back with the next refresh. */ }
    call.remove();
    tidy();
  });

  // A number that is pressed twice is called once: until a few seconds after the answer, each press carries the same key.
  const presses = new Map();
  const pressOf = (form) => ['number', 'contact', 'call'].map((name) => form.elements[name]?.value ?? '').join(' ');
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.getAttribute('hx-post') !== 'web/calls') return;
    let press = presses.get(pressOf(form));
    if (!press || Date.now() > press.until) {
      press = { key: [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
      presses.set(pressOf(form), press);
    }
    press.until = Infinity;
    let field = form.querySelector('[name="key"]');
    if (!field) {
      field = Object.assign(document.createElement('input'), { type: 'hidden', name: 'key' });
      form.append(field);
    }
    field.value = press.key;
  }, true);
  document.addEventListener('htmx:finally:request', (event) => {
    const form = event.detail.ctx.sourceElement;
    if (form?.getAttribute?.('hx-post') !== 'web/calls') return;
    const press = presses.get(pressOf(form));
    if (press) press.until = Date.now() + 5000;
  });

  // A number in a text is called from here if calls can be placed; otherwise the device knows what to do with it.
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="tel:"]');
    const form = document.getElementById('dial');
    if (!link || !form || !document.getElementById('dock')?.hasAttribute('data-can-call')) return;
    event.preventDefault();
    if (!window.confirm(`Call ${link.textContent.trim()}?`)) return;
    form.elements.number.value = link.getAttribute('href').slice('tel:'.length);
    form.requestSubmit();
  });

  // Speed, and the waveform.
  document.addEventListener('change', (event) => {
    if (!event.target.matches?.('[data-speed]')) return;
    const audio = event.target.closest('[data-player]')?.querySelector('audio');
    if (audio) audio.playbackRate = Number(event.target.value);
  });
  async function draw(player, audio) {
    const canvas = player.querySelector('canvas');
    if (!canvas || canvas.dataset.drawn) return;
    canvas.dataset.drawn = 'yes';
    canvas.hidden = false;
    try {
      const bytes = await (await fetch(audio.currentSrc)).arrayBuffer();
      const sound = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes);
      const samples = sound.getChannelData(0);
      canvas.width = canvas.clientWidth;
      const bars = Math.max(1, Math.floor(canvas.width / 3));
      const each = Math.max(1, Math.floor(samples.length / bars));
      const pen = canvas.getContext('2d');
      pen.fillStyle = getComputedStyle(canvas).color;
      for (let bar = 0; bar < bars; bar += 1) {
        let top = 0;
        for (let at = bar * each; at < (bar + 1) * each && at < samples.length; at += 1) top = Math.max(top, Math.abs(samples[at]));
        const height = Math.max(2, top * canvas.height);
        pen.fillRect(bar * 3, (canvas.height - height) / 2, 2, height);
      }
    } catch { canvas.hidden = true; }
  }
  document.addEventListener('play', (event) => {
    const player = event.target.closest?.('[data-player]');
    if (player) draw(player, event.target);
  }, true);
  tidy();
})();
