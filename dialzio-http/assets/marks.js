// marks: Ctrl+B, Ctrl+I and Ctrl+Shift+X put the marks of WhatsApp around what is selected in a reply (*bold*, _italic_, ~struck
// out~), and take them away again. Without a selection they go around the caret.
(() => {
  'use strict';
  const MARKS = { b: '*', i: '_', x: '~' };
  document.addEventListener('keydown', (event) => {
    const area = event.target;
    if (event.isComposing || event.altKey || !(event.ctrlKey || event.metaKey) || area.id !== 'reply-text') return;
    const key = event.key.toLowerCase();
    const mark = MARKS[key];
    if (!mark || event.shiftKey !== (key === 'x')) return;
    event.preventDefault();
    let { selectionStart: start, selectionEnd: end, value } = area;
    // Spaces at the ends stay outside, or the mark would be none.
    while (start < end && /\s/.test(value[start])) start += 1;
    while (end > start && /\s/.test(value[end - 1])) end -= 1;
    const words = value.slice(start, end);
    if (value[start - 1] === mark && value[end] === mark) {
      area.setRangeText(words, start - 1, end + 1, 'end');
      area.setSelectionRange(start - 1, end - 1);
    } else {
      area.setRangeText(mark + words + mark, start, end, 'end');
      area.setSelectionRange(start + 1, end + 1);
    }
    area.dispatchEvent(new Event('input', { bubbles: true }));
  });
})();
