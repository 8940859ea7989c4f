// thread: scrolling, the pill for what is below the fold, jumps to quoted messages, the person drawer,
// and telling the server what has been read.
(() => {
  'use strict';
  const log = () => document.getElementById('thread-log');
  const pill = () => document.getElementById('thread-pill');
  let unseen = 0;

  const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 64;
  function toEnd() {
    const box = log();
    if (box) box.scrollTop = box.scrollHeight;
    unseen = 0;
    if (pill() && !pill().dataset.above) pill().hidden = true;
  }
  function seen() {
    const conversation = document.getElementById('thread')?.dataset.conversation;
    // The line in front of what is new stays where it is while the page is read; what it stands for is told once.
    const line = document.getElementById('item-new');
    const isNew = line && line.dataset.told !== 'yes';
    const hasUnread = isNew || document.querySelector(`#row-${CSS.escape(conversation ?? '')}.is-unread`) || unseen > 0;
    // Who may not write cannot mark anything, and is not offered to assign either.
    const mayWrite = document.getElementById('assign-dialog');
    // A member who has marked it as unread wants it to stay so.
    if (document.getElementById('thread')?.dataset.keepUnread) return;
    if (!conversation || !hasUnread || !mayWrite || document.hidden) return;
    if (line) line.dataset.told = 'yes';
    window.dialzio.post(`web/conversations/${conversation}/read`);
  }

  // What was asked for one conversation never lands in another one that was opened meanwhile.
  document.addEventListener('htmx:before:swap', (event) => {
    const { ctx, tasks } = event.detail;
    const asked = /(?:^|\/)web\/conversations\/([^/?]+)\//.exec(ctx.request?.action ?? '')?.[1];
    const open = document.getElementById('thread')?.dataset.conversation;
    if (!asked || !tasks || asked === open) return;
    for (let at = tasks.length - 1; at >= 0; at -= 1) {
      if (tasks[at].target?.closest?.('#thread, #person')) tasks.splice(at, 1);
    }
  });
  document.addEventListener('htmx:after:swap', (event) => {
    if (event.detail.ctx.target === document.body) document.dispatchEvent(new CustomEvent('thread:opened'));
  });

  document.addEventListener('merged', (event) => {
    const { added, style, wasAtEnd } = event.detail;
    if (style !== 'merge' || added.length === 0) return;
    unseen += added.filter((item) => item.matches('.item-in')).length;
    if (wasAtEnd) { seen(); toEnd(); return; }
    if (unseen > 0 && pill()) { delete pill().dataset.above; pill().textContent = `${unseen} new`; pill().hidden = false; }
  });
  function show(item) {
    item.scrollIntoView({ block: 'center' });
    item.classList.add('flash');
    setTimeout(() => item.classList.remove('flash'), 1600);
  }
  // A conversation is opened at its end, or at the message that was looked for.
  function toStart() {
    const { at } = document.getElementById('thread')?.dataset ?? {};
    const item = at && document.getElementById(`item-${at}`);
    if (!item) { toEnd(); offerLine(); return; }
    wasEnd = false;
    show(item);
  }
  // What is new may begin above what is shown: the pill leads there.
  const line = () => document.getElementById('item-new');
  const isAbove = () => line() && line().getBoundingClientRect().top < log().getBoundingClientRect().top;
  function offerLine() {
    if (!pill() || !isAbove()) return;
    pill().textContent = `${line().textContent.trim()} above`;
    pill().dataset.above = 'yes';
    pill().hidden = false;
  }
  function toLine() {
    delete pill().dataset.above;
    pill().hidden = true;
    wasEnd = false;
    line()?.scrollIntoView({ block: 'start' });
  }
  document.addEventListener('thread:end', toEnd);
  document.addEventListener('click', (event) => {
    if (event.target.closest('#thread-pill')) {
      if (pill().dataset.above) toLine();
      else { seen(); toEnd(); }
      log()?.focus({ preventScroll: true });
    }
    const jump = event.target.closest('[data-jump]');
    const quoted = jump && document.querySelector(jump.getAttribute('href'));
    if (jump) event.preventDefault();
    if (quoted) show(quoted);
    if (event.target.closest('[data-person]')) document.dispatchEvent(new CustomEvent('person:toggle'));
  });
  // The log is one stop of the Tab key: Enter goes into it, to the controls of its messages, and Escape leaves it.
  const inside = 'a[href], button, audio, video, summary, input, textarea';
  let isInside = false;
  const stops = () => {
    if (log()?.id === 'thread-log' && document.getElementById('thread')) log().querySelectorAll(inside).forEach((control) => { control.tabIndex = isInside ? 0 : -1; });
  };
  document.addEventListener('keydown', (event) => {
    if (!log() || !document.getElementById('thread')) return;
    if (event.key === 'Enter' && event.target === log()) {
      isInside = true;
      stops();
      [...log().querySelectorAll(inside)].filter((control) => control.checkVisibility()).at(-1)?.focus();
      event.preventDefault();
    } else if (event.key === 'Escape' && log().contains(event.target) && event.target !== log()) {
      log().focus({ preventScroll: true });
      event.stopPropagation();
      event.preventDefault();
    }
  }, true);
  document.addEventListener('focusin', (event) => {
    if (!isInside || !log() || (log().contains(event.target) && event.target !== log())) return;
    isInside = false;
    stops();
  });
  document.addEventListener('merged', stops);
  document.addEventListener('htmx:after:swap', stops);
  stops();

  // When the box below grows, or the window shrinks, the last line stays in sight.
  let wasEnd = true;
  const sizes = new ResizeObserver(() => { if (wasEnd) toEnd(); });
  const watch = () => { sizes.disconnect(); if (log()) sizes.observe(log()); };
  document.addEventListener('htmx:after:swap', watch);
  watch();
  document.addEventListener('scroll', (event) => {
    if (event.target === log()) wasEnd = isAtEnd(event.target);
    if (event.target === log() && pill()?.dataset.above && !isAbove()) { delete pill().dataset.above; pill().hidden = true; }
    if (event.target === log() && unseen > 0 && isAtEnd(event.target)) { seen(); toEnd(); }
  }, true);

  document.addEventListener('person:toggle', () => {
    const area = document.getElementById('conversation');
    const opener = document.querySelector('.thread-actions [data-person]');
    if (!area || !opener) return;
    const isOpen = area.classList.toggle('is-person-open');
    opener.setAttribute('aria-expanded', String(isOpen));
    (isOpen ? document.querySelector('#person .drawer-close') : opener).focus();
  });

  // A picture that arrives late must not push the last line out of sight.
  document.addEventListener('load', (event) => {
    const box = event.target.closest?.('[role="log"]');
    if (box && box.scrollHeight - box.scrollTop - box.clientHeight < 400) box.scrollTop = box.scrollHeight;
  }, true);
  document.addEventListener('visibilitychange', seen);
  document.addEventListener('thread:opened', () => { toStart(); seen(); });
  toStart();
  seen();
})();
