// composer: reply, note and template boxes. What is typed stays with its conversation, and drafts.js keeps it on the
// server. A send clears the box at once and shows a pending bubble; a refusal brings the text back. Each send carries a key, kept until it succeeded, so that trying again cannot send twice.
(() => {
  'use strict';
  const { drafts } = window.dialzio;
  const sends = new WeakMap();
  const composer = () => document.getElementById('composer');
  const slotOf = drafts.slot;
  // The key of a send that has no answer yet, with its text: the same text again is the same send, another text is not.
  const keys = new Map();
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

  function mode(to) {
    const box = composer();
    if (!box) return;
    const reply = box.querySelector('#reply-form');
    const note = box.querySelector('#note-form');
    const picker = box.querySelector('#picker');
    if (to === 'back') to = 'reply';
    // Where only a template can be sent, that is the reply.
    if (to === 'reply' && !reply && picker?.childElementCount) to = 'template';
    if ((to === 'reply' && !reply) || (to === 'note' && !note)) return;
    if (reply) reply.hidden = to !== 'reply';
    if (note) note.hidden = to !== 'note';
    picker.hidden = to !== 'template';
    box.dataset.mode = to;
    const focus = () => (to === 'reply' ? reply.querySelector('textarea') : to === 'note' ? note.querySelector('textarea') : picker.querySelector('#picker-search'))?.focus();
    if (to === 'template' && !picker.childElementCount) htmx.ajax('GET', picker.dataset.templates, { source: picker, target: '#picker', swap: 'innerHTML' }).then(focus);
    else focus();
  }

  // Files. What the channel takes stands on the field, so that a file that cannot go says so before it is uploaded; the
  // server judges again, by the bytes. Those that wait are kept for their conversation, as a draft is.
  const waiting = new Map();
  const holder = (form) => form.closest('[data-conversation]')?.dataset.conversation ?? form.id;
  const problem = (form, words) => {
    const place = form.closest('#composer')?.querySelector('[data-problem]');
    if (place) place.textContent = words;
  };
  const size = (bytes) => {
    if (bytes < 1048576) return `${Math.ceil(bytes / 1024)} KB`;
    const tenths = Math.ceil((bytes * 10) / 1048576);
    return tenths % 10 === 0 || tenths >= 1000 ? `${Math.ceil(tenths / 10)} MB` : `${Math.floor(tenths / 10)}.${tenths % 10} MB`;
  };
  function misfit(input, file) {
    if (!input.dataset.kinds) return '';
    if (file.size === 0) return 'Not sent: the file is empty.';
    const kinds = input.dataset.kinds.split('\n').map((line) => line.split('|')).map(([words, largest, types]) => ({ words, largest: Number(largest), types: types.split(',').map((type) => type.split(';')[0]) }));
    const kind = kinds.find(({ types }) => types.includes(file.type));
    const largest = kind?.largest ?? Math.max(...kinds.map((other) => other.largest));
    if (file.size <= largest) return '';
    return `Not sent: ${size(file.size)} is over ${input.dataset.provider}’s ${size(largest)} limit for ${kind?.words ?? 'files'}.`;
  }
  // At most so many at once; each goes out as a message of its own, in their order, the first with the words.
  const MOST = 10;
  const filesOf = (form) => waiting.get(holder(form)) ?? [];
  function attach(form, files) {
    const box = form.querySelector('[data-attached]');
    if (!box) return;
    box.querySelectorAll('img').forEach((picture) => URL.revokeObjectURL(picture.src));
    box.replaceChildren(...files.map((file, place) => {
      const item = form.querySelector('[data-attached-item]').content.firstElementChild.cloneNode(true);
      const mark = item.querySelector('[data-file-mark]');
      item.querySelector('[data-file-name]').textContent = file.name;
      item.querySelector('[data-file-size]').textContent = size(file.size);
      const remove = item.querySelector('[data-detach]');
      remove.dataset.detach = place;
      if (files.length > 1) remove.setAttribute('aria-label', `Remove the file ${file.name}`);
      if (file.type.startsWith('image/')) {
        mark.classList.add('has-picture');
        const picture = document.createElement('img');
        picture.alt = '';
        picture.src = URL.createObjectURL(file);
        mark.append(picture);
      }
      return item;
    }));
    const area = form.querySelector('textarea[name="text"]');
    area.dataset.words ??= area.placeholder;
    area.placeholder = files.length > 0 ? 'Add a caption' : area.dataset.words;
    if (files.length > 0) waiting.set(holder(form), files); else waiting.delete(holder(form));
    // The field holds the one that goes next.
    const next = new DataTransfer();
    if (files.length > 0) next.items.add(files[0]);
    form.querySelector('[data-file]').files = next.files;
    document.dispatchEvent(new CustomEvent('composer:attached'));
  }
  // Chosen, dropped or pasted: they come after those that are there.
  function take(form, files) {
    const input = form?.querySelector('[data-file][data-kinds]');
    if (!input || files.length === 0) return;
    const fit = [...files].filter((file) => misfit(input, file) === '');
    const refused = [...files].map((file) => misfit(input, file)).filter(Boolean);
    const all = [...filesOf(form), ...fit];
    if (all.length > MOST) refused.push(`At most ${MOST} files go at once: ${all.length - MOST} ${all.length - MOST === 1 ? 'was' : 'were'} left out.`);
    attach(form, all.slice(0, MOST));
    problem(form, refused[0] ?? '');
  }
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  const dropZone = (event) => event.target.closest?.('#thread');
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    // A file that misses must not take the place of the page.
    event.preventDefault();
    const zone = dropZone(event);
    const isTaken = zone && document.querySelector('#reply-form [data-file]');
    event.dataTransfer.dropEffect = isTaken ? 'copy' : 'none';
    document.getElementById('composer')?.classList.toggle('drop-hint', Boolean(isTaken));
  });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) composer()?.classList.remove('drop-hint'); });
  document.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    composer()?.classList.remove('drop-hint');
    if (!dropZone(event)) return;
    mode('reply');
    take(document.getElementById('reply-form'), event.dataTransfer.files);
  });
  document.addEventListener('paste', (event) => {
    const form = event.target.closest?.('#reply-form');
    if (!form || !event.clipboardData?.files.length) return;
    event.preventDefault();
    take(form, event.clipboardData.files);
  });

  function settle(form, sent) {
    form.querySelector('[name="key"]').value = '';
    // Others may have been chosen while this one was on its way.
    if (sent) attach(form, filesOf(form).filter((file) => file !== sent));
    const own = document.getElementById('later-own');
    if (own && form.id === 'reply-form') own.value = '';
    const quoting = form.querySelector('[data-quoting]');
    if (quoting) { quoting.hidden = true; form.querySelector('[name="quote"]').value = ''; }
  }

  document.addEventListener('click', (event) => {
    const prepared = event.target.closest('[data-insert]');
    const area = prepared && document.getElementById('reply-text');
    if (area) { area.value = prepared.dataset.insert; area.dispatchEvent(new Event('input', { bubbles: true })); mode('reply'); }
    const to = event.target.closest('[data-mode-to]');
    if (to) mode(to.dataset.modeTo);
    const form = event.target.closest('form');
    const detach = event.target.closest('[data-detach]');
    if (detach) { attach(form, filesOf(form).filter((_, place) => String(place) !== detach.dataset.detach)); problem(form, ''); form.querySelector('textarea').focus(); }
    const then = event.target.closest('[data-then]');
    const reply = document.getElementById('reply-form');
    if (then && reply) { reply.elements.then.value = then.dataset.then; reply.requestSubmit(); }
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
    if (event.target.dataset.kinds) { take(event.target.form, event.target.files); event.target.form.querySelector('textarea').focus(); return; }
    if (event.target.hasAttribute('data-send-now') && event.target.files.length) event.target.form.requestSubmit();
  });
  document.addEventListener('input', (event) => {
    const area = event.target;
    if (area.matches('[data-slot-input]')) preview(area.form);
  });
  document.addEventListener('keydown', (event) => {
    const area = event.target;
    if (event.key !== 'Enter' || event.isComposing || !area.matches?.('textarea')) return;
    const closes = (event.ctrlKey || event.metaKey) && event.shiftKey && area.form?.elements.then;
    if (area.form?.elements.then) area.form.elements.then.value = closes ? 'close' : '';
    const isAsked = event.ctrlKey || event.metaKey || (area.hasAttribute('data-enter-sends') && !event.shiftKey);
    if (isAsked && area.closest('[data-send]')) { event.preventDefault(); area.form.requestSubmit(); }
  });

  // Preview of a template follows the fields; the button says what is missing.
  function preview(form) {
    const missing = [];
    form.querySelectorAll('[data-slot-input]').forEach((input) => {
      const isEmpty = input.value.trim() === '';
      const isWrong = isEmpty || !input.validity.valid;
      if (isWrong) missing.push(form.querySelector(`label[for="${CSS.escape(input.id)}"]`).textContent);
      input.setAttribute('aria-invalid', String(isWrong));
      form.querySelectorAll(`[data-slot="${CSS.escape(input.dataset.slotInput)}"]`).forEach((slot) => {
        slot.textContent = isEmpty ? slot.dataset.label : input.value;
        slot.classList.toggle('is-empty', isEmpty);
      });
    });
    const button = form.querySelector('[type="submit"]');
    if (button.hasAttribute('data-refused')) return;
    button.disabled = missing.length > 0;
    form.querySelector('#template-why').textContent = missing.length === 0 ? '' : missing.length === 1 ? `Fill in ${missing[0]} to send` : `Fill in ${missing.length} fields to send`;
  }

  // The newest item that stood there when one began to write: who answered after it was faster, and the send asks first.
  const seen = new Map();
  const newest = () => [...document.querySelectorAll('#thread-items li[id^="item-"]')].at(-1)?.id.slice('item-'.length) ?? '';
  document.addEventListener('input', (event) => {
    if (event.target.id !== 'reply-text') return;
    const slot = slotOf(event.target);
    if (event.target.value === '') seen.delete(slot);
    else if (!seen.has(slot)) seen.set(slot, newest());
  });

  // Before the form is read: the key, and nothing empty.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    const key = form.querySelector('[name="key"]');
    if (!key) return;
    const area = form.querySelector('textarea[name="text"]');
    if (area) {
      const sent = keys.get(slotOf(area));
      key.value = sent?.text === area.value ? sent.key : newKey();
      keys.set(slotOf(area), { key: key.value, text: area.value });
      if (form.elements.seen) form.elements.seen.value = seen.get(slotOf(area)) ?? '';
    } else if (!key.value) key.value = newKey();
    const hasFile = (form.querySelector('[data-file]')?.files.length ?? 0) > 0;
    if (area && area.value.trim() === '' && !hasFile) { event.preventDefault(); event.stopImmediatePropagation(); area.focus(); }
  }, true);

  document.addEventListener('htmx:before:request', (event) => {
    const form = event.detail.ctx.sourceElement;
    if (!form?.matches?.('[data-send]')) return;
    const area = form.querySelector('textarea[name="text"]');
    const file = form.querySelector('[data-file][data-kinds]') ? filesOf(form)[0] : undefined;
    const send = { text: area.value, area, slot: slotOf(area), of: holder(form), pending: null, file };
    const isLater = Boolean(form.querySelector('[name="send_at_own"]') ? false : event.detail.ctx.request.body?.get?.('send_at'));
    const template = form.id === 'reply-form' && !isLater && (send.text || file) && document.getElementById('pending-item');
    if (template) {
      send.pending = template.content.firstElementChild.cloneNode(true);
      send.pending.querySelector('.bubble-text').textContent = file ? [file.name, send.text].filter(Boolean).join('\n') : send.text;
      if (file) send.pending.querySelector('[data-doing]').textContent = 'Uploading…';
      document.getElementById('thread-items').append(send.pending);
      document.dispatchEvent(new CustomEvent('thread:end'));
    }
    if (file) {
      // A large file takes longer than anything else that is asked for.
      clearTimeout(event.detail.ctx.requestTimeout);
      event.detail.ctx.requestTimeout = setTimeout(() => event.detail.ctx.request.abort?.('timeout'), 300000);
    }
    // What was asked for holds for this request alone, whatever becomes of it; with more files to go, for the last of them.
    if (form.elements.then) {
      if (file && filesOf(form).length > 1) { send.then = form.elements.then.value; event.detail.ctx.request.body?.set?.('then', ''); }
      form.elements.then.value = '';
    }
    area.value = '';
    drafts.take(send.slot);
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
      keys.delete(send.slot);
      seen.delete(send.slot);
      drafts.sent(send.slot);
      settle(form, send.file);
      form.dispatchEvent(new CustomEvent('composer:sent', { bubbles: true }));
      document.dispatchEvent(new CustomEvent('thread:end'));
      if (form.id === 'note-form') mode('back');
      // The next file follows by itself, unless another conversation is open by now.
      const next = document.getElementById('reply-form');
      if (send.file && next && holder(next) === send.of && filesOf(next).length > 0) { next.elements.then.value = send.then ?? ''; next.requestSubmit(); }
    } else {
      // The box may be another one by now: what was written belongs to its conversation.
      drafts.bringBack(send.slot, send.text);
      // The answer of the colleague has been pointed out: the next press sends.
      if (ctx.response?.status === 409 && ctx.text?.includes('conversation.answered')) seen.set(send.slot, newest());
    }
  });

  document.addEventListener('htmx:after:swap', () => {
    const form = document.getElementById('reply-form');
    const kept = form && waiting.get(holder(form));
    if (kept && form.querySelector('[data-file]')?.files.length === 0) attach(form, kept);
  });
  window.addEventListener('beforeunload', (event) => {
    if (waiting.size > 0) event.preventDefault();
  });
  document.addEventListener('composer:mode', (event) => mode(event.detail));
})();
