// presence: says which conversation is on the screen and whether something is being written in it, and shows who else is
// there. Ids only are sent, never a word of what is written; the server forgets within seconds.
(() => {
  'use strict';
  if (!document.body.hasAttribute('data-presence')) return;
  const { load, unattended } = window.dialzio;
  const AGAIN = 10000;
  const KEYS = 3000;
  const shown = () => (document.hidden ? null : document.getElementById('thread')?.dataset.conversation ?? null);
  let told = null;
  let wroteAt = 0;

  const tell = (conversation, state) => fetch(`web/conversations/${conversation}/presence`, {
    method: 'POST', headers: { 'X-Dialzio-Request': '1', ...unattended() }, body: new URLSearchParams({ state }), keepalive: true,
  }).catch(() => {});
  function look(isAgain) {
    const now = shown();
    if (told && told !== now) tell(told, 'gone');
    if (now && (isAgain || told !== now)) tell(now, Date.now() - wroteAt < KEYS && told === now ? 'writing' : 'viewing');
    told = now;
  }
  document.addEventListener('input', (event) => {
    const conversation = shown();
    if (event.target.id !== 'reply-text' || !conversation || Date.now() - wroteAt < KEYS) return;
    if (event.target.value === '' || !event.isTrusted) return;
    wroteAt = Date.now();
    told = conversation;
    tell(conversation, 'writing');
  });
  document.addEventListener('composer:sent', () => { wroteAt = 0; look(true); });
  // Asked once more after a conversation was opened, since what was told while it was being loaded found no place.
  const refresh = () => { if (shown()) load(`web/conversations/${shown()}/presence`, '#viewing', 'outerHTML'); };
  document.addEventListener('thread:opened', () => { wroteAt = 0; look(false); refresh(); });
  document.addEventListener('visibilitychange', () => look(false));
  window.addEventListener('pagehide', () => { if (told) tell(told, 'gone'); told = null; });
  document.addEventListener('presence', (event) => {
    let news = {};
    try { news = JSON.parse(event.detail.data); } catch { return; }
    if (news.conversation && news.conversation === shown()) load(`web/conversations/${news.conversation}/presence`, '#viewing', 'outerHTML');
  });
  setInterval(() => look(true), AGAIN);
  look(false);
})();
