// validity: what a browser finds wrong with a form before it is sent stands below its field, in our words and as any other
// mistake does, instead of in a bubble that covers what is beside it. The first such field gets the focus. A line goes as soon as
// its field is right. Fields are judged by the browser; only the words and their place are ours.
(() => {
  'use strict';
  const words = (field) => {
    const { validity } = field;
    if (validity.valueMissing) return field.matches('select, [type="radio"]') ? 'Choose one.' : field.type === 'checkbox' ? 'Tick this to go on.' : field.type === 'date' ? 'Choose a date.' : 'Fill this in.';
    const count = field.value.length === 1 ? 'this is 1' : `these are ${field.value.length}`;
    if (validity.tooShort) return `Write at least ${field.minLength} characters; ${count}.`;
    if (validity.tooLong) return `Write at most ${field.maxLength} characters; ${count}.`;
    if (validity.typeMismatch && field.type === 'email') return 'Write an email address, such as name@example.com.';
    if ((validity.typeMismatch || validity.patternMismatch) && field.title) return `${field.title.replace(/\.$/, '')}.`;
    if (validity.typeMismatch && field.type === 'url') return 'Write an address that begins with https://.';
    if (validity.rangeOverflow && field.type === 'date') return 'Choose today or a day before.';
    return field.validationMessage;
  };
  const place = (field) => field.closest('.field, .slot-row') ?? field.parentElement;
  const idOf = (field) => `${field.id}-error`;
  const describe = (field, isDescribed) => {
    const ids = new Set((field.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean));
    if (isDescribed) ids.add(idOf(field)); else ids.delete(idOf(field));
    if (ids.size > 0) field.setAttribute('aria-describedby', [...ids].join(' ')); else field.removeAttribute('aria-describedby');
  };
  function say(field) {
    let line = document.getElementById(idOf(field));
    if (!line) {
      line = document.createElement('p');
      line.className = 'error';
      line.id = idOf(field);
      place(field).append(line);
    }
    line.dataset.validity = '';
    line.textContent = words(field);
    field.setAttribute('aria-invalid', 'true');
    describe(field, true);
  }
  function withdraw(field) {
    const line = field.id && document.getElementById(idOf(field));
    if (!line || !('validity' in line.dataset)) return;
    line.remove();
    field.removeAttribute('aria-invalid');
    describe(field, false);
  }

  // All fields of a form are told in a row, before anything else happens; the first of them is where one goes on.
  let first = null;
  document.addEventListener('invalid', (event) => {
    const field = event.target;
    if (!field.form || !field.id || !field.checkVisibility()) return;
    event.preventDefault();
    say(field);
    if (first) return;
    first = field;
    queueMicrotask(() => { first?.focus(); first = null; });
  }, true);
  document.addEventListener('input', (event) => { if (event.target.validity?.valid) withdraw(event.target); });
  document.addEventListener('change', (event) => { if (event.target.validity?.valid) withdraw(event.target); });
})();
