// composer: reply, note and template boxes. Drafts live in memory only, one per conversation, and come back
// when the conversation does. A send clears the box at once and shows a pending bubble; a refusal brings the
// text back. Each send carries a key, kept until it succeeded, so that trying again cannot send twice.
(() => {
  'use strict';
  const drafts = new Map();
  const sends = new WeakMap();
  const composer = () => document.getElementById('composer');
  const slotOf = (area) => `${area.closest('[data-conversation]')?.dataset.conversation}:${area.id}`;
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

  function mode(to) {
    const box = composer();
    if (!box) return;
    const reply = box.querySelector('#reply-form');
    const note = box.querySelector('#note-form');
    const picker = box.querySelector('#picker');
    if (to === 'back') to = reply ? 'reply' : picker?.childElementCount ? 'template' : 'reply';
    if (to === 'reply' && !reply) return;
    if (reply) reply.hidden = to !== 'reply';
    note.hidden = to !== 'note';
    picker.hidden = to !== 'template';
    box.dataset.mode = to;
    const focus = () => (to === 'reply' ? reply.querySelector('textarea') : to === 'note' ? note.querySelector('textarea') : picker.querySelector('#picker-search'))?.focus();
    if (to === 'template' && !picker.childElementCount) htmx.ajax('GET', picker.dataset.templates, { source: picker, target: '#picker', swap: 'innerHTML' }).then(focus);
    else focus();
  }

  function attach(form, file) {
    const box = form.querySelector('[data-attached]');
    if (!box) return;
    box.hidden = !file;
    box.querySelector('[data-file-name]').textContent = file ? `${file.name} · ${(file.size / 1048576).toFixed(1)} MB` : '';
  }

  function settle(form) {
    form.querySelector('[name="key"]').value = '';
    const file = form.querySelector('[data-file]');
    if (file) { file.value = ''; attach(form, null); }
    const quoting = form.querySelector('[data-quoting]');
    if (quoting) { quoting.hidden = true; form.querySelector('[name="quote"]').value = ''; }
  }

  document.addEventListener('click', (event) => {
    const to = event.target.closest('[data-mode-to]');
    if (to) mode(to.dataset.modeTo);
    const form = event.target.closest('form');
    if (event.target.closest('[data-detach]')) { form.querySelector('[data-file]').value = ''; attach(form, null); }
    if (event.target.closest('[data-unquote]')) { form.querySelector('[data-quoting]').hidden = true; form.querySelector('[name="quote"]').value = ''; }
  });
  // Answering one message: its first words stand above the box.
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-quote]');
    const form = document.getElementById('reply-form');
    if (!button || !form) return;
    const bubble = button.closest('.item');
    const words = bubble.querySelector('.bubble-text')?.firstChild?.textContent ?? bubble.querySelector('.file-name')?.textContent ?? 'Message';
    const quoting = form.querySelector('[data-quoting]');
    quoting.querySelector('.quote').textContent = words.slice(0, 120);
    quoting.hidden = false;
    form.querySelector('[name="quote"]').value = button.dataset.quote;
    mode('reply');
  });
  document.addEventListener('change', (event) => {
    if (!event.target.matches('[data-file]')) return;
    attach(event.target.form, event.target.files[0]);
    if (event.target.hasAttribute('data-send-now') && event.target.files.length) event.target.form.requestSubmit();
  });
  document.addEventListener('input', (event) => {
    const area = event.target;
    if (area.matches('[data-draft]')) drafts.set(slotOf(area), area.value);
    if (area.matches('[data-slot-input]')) preview(area.form);
  });
  document.addEventListener('keydown', (event) => {
    const area = event.target;
    if (event.key !== 'Enter' || event.isComposing || !area.matches?.('textarea')) return;
    const isAsked = event.ctrlKey || event.metaKey || (area.hasAttribute('data-enter-sends') && !event.shiftKey);
    if (isAsked && area.closest('[data-send]')) { event.preventDefault(); area.form.requestSubmit(); }
  });

  // Preview of a template follows the fields; the button says what is missing.
  function preview(form) {
    const missing = [];
    form.querySelectorAll('[data-slot-input]').forEach((input) => {
      const isEmpty = input.value.trim() === '';
      if (isEmpty) missing.push(form.querySelector(`label[for="${CSS.escape(input.id)}"]`).textContent);
      input.setAttribute('aria-invalid', String(isEmpty));
      form.querySelectorAll(`[data-slot="${CSS.escape(input.dataset.slotInput)}"]`).forEach((slot) => {
        slot.textContent = isEmpty ? slot.dataset.label : input.value;
        slot.classList.toggle('is-empty', isEmpty);
      });
    });
    const button = form.querySelector('[type="submit"]');
    if (button.hasAttribute('data-refused')) return;
    button.disabled = missing.length > 0;
    form.querySelector('#template-why').textContent = missing.length === 0 ? '' : `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} needed`;
  }

  // Before the form is read: the key, and nothing empty.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    const key = form.querySelector('[name="key"]');
    if (!key) return;
    if (!key.value) key.value = newKey();
    const area = form.querySelector('textarea[name="text"]');
    const hasFile = (form.querySelector('[data-file]')?.files.length ?? 0) > 0;
    if (area && area.value.trim() === '' && !hasFile) { event.preventDefault(); event.stopImmediatePropagation(); area.focus(); }
  }, true);

  document.addEventListener('htmx:before:request', (event) => {
    const form = event.detail.ctx.sourceElement;
    if (!form?.matches?.('[data-send]')) return;
    const area = form.querySelector('textarea[name="text"]');
    const send = { text: area.value, area, pending: null };
    const template = form.id === 'reply-form' && send.text && document.getElementById('pending-item');
    if (template) {
      send.pending = template.content.firstElementChild.cloneNode(true);
      send.pending.querySelector('.bubble-text').textContent = send.text;
      document.getElementById('thread-items').append(send.pending);
      document.dispatchEvent(new CustomEvent('thread:end'));
    }
    area.value = '';
    drafts.delete(slotOf(area));
    sends.set(event.detail.ctx, send);
  });
  document.addEventListener('htmx:before:swap', (event) => sends.get(event.detail.ctx)?.pending?.remove());
  document.addEventListener('htmx:finally:request', (event) => {
    const { ctx } = event.detail;
    const form = ctx.sourceElement;
    const isTaken = ctx.response && ctx.response.status < 400;
    if (isTaken && form?.matches?.('[data-template-form]')) { form.querySelector('[name="key"]').value = ''; document.dispatchEvent(new CustomEvent('live:composer', { detail: { force: true } })); }
    const send = sends.get(ctx);
    if (!send) return;
    send.pending?.remove();
    if (isTaken) {
      settle(form);
      document.dispatchEvent(new CustomEvent('thread:end'));
      if (form.id === 'note-form') mode('back');
    } else if (send.area.value === '') {
      send.area.value = send.text;
      drafts.set(slotOf(send.area), send.text);
    }
  });

  document.addEventListener('htmx:after:swap', () => {
    document.querySelectorAll('#composer [data-draft]').forEach((area) => {
      const draft = drafts.get(slotOf(area));
      if (draft && area.value === '') area.value = draft;
    });
  });
  window.addEventListener('beforeunload', (event) => {
    if ([...drafts.values()].some((draft) => draft.trim() !== '')) event.preventDefault();
  });
  document.addEventListener('composer:mode', (event) => mode(event.detail));
})();
