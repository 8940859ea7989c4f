// attention: the number in the title, the bell, and what a browser was asked to say while its window is in the background.
// A desktop notification says that something came, never what. What is chosen is kept in this browser.
(() => {
  'use strict';
  const kept = (name, otherwise) => { try { return localStorage.getItem(name) ?? otherwise; } catch { return otherwise; } };
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* It holds for this page alone. */ } };
  const number = (id) => {
    const text = document.querySelector(`#${id} .badge`)?.firstChild?.textContent.trim() ?? '';
    return text === '99+' ? 100 : Number(text) || 0;
  };
  let unread = number('rail-unread');
  let notices = number('rail-notices');

  const badge = (id, count, what) => {
    const place = document.getElementById(id);
    if (!place) return;
    const mark = document.createElement('span');
    mark.className = 'badge badge-bad';
    const said = document.createElement('span');
    said.className = 'sr';
    said.textContent = ` ${what}`;
    mark.append(count > 99 ? '99+' : String(count), said);
    place.replaceChildren(...(count > 0 ? [mark] : []));
  };
  // Whoever sets the title sets it without a number.
  const entitle = () => {
    const bare = document.title.replace(/^\(\d+\+?\) /, '');
    const next = unread > 0 ? `(${unread > 99 ? '99+' : unread}) ${bare}` : bare;
    if (next !== document.title) document.title = next;
  };
  const title = document.querySelector('title');
  if (title) new MutationObserver(entitle).observe(title, { childList: true });

  function sound() {
    const Context = window.AudioContext ?? window.webkitAudioContext;
    if (!Context) return;
    const context = new Context();
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = 660;
    volume.gain.setValueAtTime(0.08, context.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.35);
    tone.connect(volume).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + 0.4);
    tone.addEventListener('ended', () => context.close());
  }
  function say(words, tag) {
    if (document.hasFocus() && !document.hidden) return;
    if (window.Notification?.permission === 'granted') {
      // One of a kind: many messages do not pile up.
      const shown = new Notification('Dialzio', { body: words, tag, icon: document.querySelector('link[rel="icon"]')?.href });
      shown.addEventListener('click', () => { window.focus(); shown.close(); });
    }
    if (kept('dialzio.sound', 'off') === 'on') sound();
  }

  document.addEventListener('counts', (event) => {
    let heard;
    try { heard = JSON.parse(event.detail.data); } catch { return; }
    const wanted = kept('dialzio.desktop', 'none');
    if (typeof heard.notices === 'number') {
      if (heard.notices > notices && wanted !== 'none') say('You have a new notice.', 'dialzio-notice');
      notices = heard.notices;
      for (const place of ['rail-notices', 'rail-me-notices']) badge(place, notices, 'unread notices');
      document.dispatchEvent(new CustomEvent('notices:changed'));
    }
    if (typeof heard.unread === 'number') {
      if (heard.unread > unread && wanted === 'all') say('You have a new message.', 'dialzio-message');
      unread = heard.unread;
      badge('rail-unread', unread, 'unread');
    }
    entitle();
  });

  // The notices about a person are read once the person is on the screen.
  let told = null;
  const shown = () => document.querySelector('#person[data-contact], [data-contact-page]')?.dataset.contact;
  const opened = () => {
    const contact = shown();
    if (!contact || notices === 0 || document.hidden || told === `${contact} ${notices}`) return;
    told = `${contact} ${notices}`;
    fetch('web/notices/opened', { method: 'POST', headers: { 'X-Dialzio-Request': '1' }, body: new URLSearchParams({ contact }), keepalive: true }).catch(() => { told = null; });
  };
  document.addEventListener('htmx:after:swap', opened);
  document.addEventListener('notices:changed', opened);
  document.addEventListener('visibilitychange', opened);

  // The list of notices, read again when their number changes.
  let timer = null;
  document.addEventListener('notices:changed', () => {
    const list = document.getElementById('notice-list');
    if (!list || timer) return;
    timer = setTimeout(() => { timer = null; window.dialzio.load(`web/notices?${list.dataset.query}`, '#notice-list', 'outerMorph'); }, 150);
  });

  // What this browser is asked to do, under Profile.
  const form = document.querySelector('[data-attention]');
  if (form) {
    const [desktop, tone, problem] = [form.querySelector('select'), form.querySelector('[type="checkbox"]'), form.querySelector('[data-attention-problem]')];
    const complain = (words) => { problem.textContent = words; problem.hidden = words === ''; };
    desktop.value = kept('dialzio.desktop', 'none');
    tone.checked = kept('dialzio.sound', 'off') === 'on';
    desktop.addEventListener('change', async () => {
      complain('');
      if (desktop.value !== 'none') {
        const answer = window.Notification ? await Notification.requestPermission() : 'missing';
        if (answer !== 'granted') complain(answer === 'missing' ? 'This browser has no desktop notifications. The sound works without them.' : 'This browser does not allow notifications from this page. Allow them in its settings for this site; the sound works without them.');
      }
      keep('dialzio.desktop', desktop.value);
    });
    tone.addEventListener('change', () => { keep('dialzio.sound', tone.checked ? 'on' : 'off'); if (tone.checked) sound(); });
  }
  entitle();
  opened();
})();
