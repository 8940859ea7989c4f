// passkey: a button with data-passkey has the browser make a passkey, where its form says what is asked (data-passkey-new), or sign in
// with one. The form is sent with what the browser answers. Source: WebAuthn Level 3, 5.1.
(() => {
  'use strict';
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('')).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

  async function make(options) {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((one) => ({ ...one, id: bytes(one.id) })),
    };
    const made = await navigator.credentials.create({ publicKey });
    const { response } = made;
    return {
      ...common(made),
      response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] },
    };
  }

  async function use(options) {
    const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: [] };
    const used = await navigator.credentials.get({ publicKey });
    const { response } = used;
    return {
      ...common(used),
      response: { clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData), signature: text(response.signature), userHandle: text(response.userHandle ?? new ArrayBuffer(0)) },
    };
  }

  const common = (credential) => ({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    ...(credential.authenticatorAttachment ? { authenticatorAttachment: credential.authenticatorAttachment } : {}),
  });

  /** Why the browser made none, or used none, in words. */
  function because(error) {
    if (error?.name === 'InvalidStateError') return 'This device already has a passkey of yours.';
    if (error?.name === 'NotAllowedError') return 'Nothing was confirmed. Try again, or use your password.';
    return 'This did not work with this browser or device. Use your password.';
  }

  async function answer(form) {
    if (form.dataset.passkeyNew) return make(JSON.parse(form.dataset.passkeyNew));
    const asked = await fetch('web/sign-in/passkey/challenge', { method: 'POST', headers: { 'X-Dialzio-Request': '1' } });
    if (!asked.ok) throw new Error('no challenge');
    const { options, state } = await asked.json();
    form.elements.state.value = state;
    return use(options);
  }

  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('[data-passkey]');
    if (!button) return;
    const { form } = button;
    const say = (words) => { form.querySelector('[data-problem]').textContent = words; };
    say('');
    if (!window.PublicKeyCredential) {
      say('This browser knows no passkeys. Use your password.');
      return;
    }
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify(await answer(form));
      form.requestSubmit();
    } catch (error) {
      say(because(error));
    } finally {
      button.disabled = false;
    }
  });
})();
