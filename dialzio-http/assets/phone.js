// phone: in the inbox, the link to the sandbox shows the phone of the open conversation in a drawer, so that both sides are
// seen at once. Elsewhere, or with a modifier key, it is a link like any other.
(() => {
  'use strict';
  const drawer = () => document.getElementById('phone-drawer');
  const conversation = () => document.getElementById('thread')?.dataset.conversation;
  function show() {
    const open = drawer();
    const id = conversation();
    if (!open || !id || open.dataset.conversation === id) return;
    open.dataset.conversation = id;
    open.querySelector('iframe').src = new URL(`sandbox/of/${id}`, document.baseURI);
  }
  function toggle(opener) {
    if (drawer()) { drawer().remove(); opener.focus(); return; }
    const box = document.createElement('aside');
    box.id = 'phone-drawer';
    box.className = 'phone-drawer';
    box.setAttribute('aria-label', 'Sandbox phone');
    const close = document.createElement('button');
    close.type = 'button';
    close.className = 'button button-small';
    close.textContent = 'Close phone';
    close.addEventListener('click', () => toggle(opener));
    const frame = document.createElement('iframe');
    frame.title = 'Phone of the customer';
    box.append(close, frame);
    document.body.append(box);
    show();
    close.focus();
  }
  document.addEventListener('click', (event) => {
    const opener = event.target.closest?.('[data-phone]');
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey || (!drawer() && !conversation())) return;
    event.preventDefault();
    toggle(opener);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && drawer()?.contains(document.activeElement)) toggle(document.querySelector('[data-phone]'));
  });
  document.addEventListener('htmx:after:swap', show);
})();
