// time: counts the reply window down, twice a minute, without asking the server.
(() => {
  'use strict';
  const left = (minutes) => (minutes >= 60 ? `${Math.floor(minutes / 60)} h` : `${minutes} min`);
  // The server says how many seconds are left, since the clock of this machine may be wrong.
  const ends = new WeakMap();
  const end = (chip) => {
    const known = ends.get(chip);
    if (known?.seconds === chip.dataset.closes) return known.at;
    const at = Date.now() + Number(chip.dataset.closes) * 1000;
    ends.set(chip, { seconds: chip.dataset.closes, at });
    return at;
  };
  const tick = () => {
    document.querySelectorAll('[data-closes]').forEach((chip) => {
      const minutes = Math.floor((end(chip) - Date.now()) / 60000);
      if (Number.isNaN(minutes)) return;
      if (minutes < 0) {
        chip.removeAttribute('data-closes');
        document.dispatchEvent(new CustomEvent('live:window'));
        return;
      }
      const words = chip.querySelector('span');
      const next = words.textContent.replace(/\d+ (h|min)/, left(minutes));
      if (next !== words.textContent) words.textContent = next;
      chip.classList.toggle('chip-warn', minutes < 60);
      chip.classList.toggle('chip-ok', minutes >= 60 && chip.closest('#composer') !== null && !chip.classList.contains('chip-bad'));
    });
  };
  setInterval(tick, 30000);
  document.addEventListener('htmx:after:swap', tick);
  tick();
})();
