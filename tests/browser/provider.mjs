// A provider that the tests play: it takes messages and files, and can be told to hang up after it has read a message, whose
// outcome is then unknown, or to refuse what it is asked.
import { createServer } from 'node:http';

/** The parts of an upload that decide what a file is taken for. */
function upload(body) {
  const text = body.toString('latin1');
  const after = (mark) => text.slice(text.indexOf(mark) + mark.length).split('\r\n')[0];
  return { type: after('name="type"\r\n\r\n'), part: after('Content-Type: ') };
}

export async function startProvider() {
  // `refuses`: a status and a body to answer to sends and looks, until it is null again.
  const state = { hangsUp: false, refuses: null, taken: [], read: 0, uploads: [], templates: [] };
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => { parts.push(part); });
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const answer = (json, status = 200) => { response.writeHead(status, { 'content-type': 'application/json' }); response.end(JSON.stringify(json)); };
      const path = new URL(request.url, 'http://provider').pathname.split('/').filter(Boolean);
      if (request.method === 'GET' && path.at(-1) === 'message_templates') { answer({ data: state.templates }); return; }
      if (request.method === 'GET') {
        if (state.refuses) { answer(state.refuses.body, state.refuses.status); return; }
        answer({ id: path.at(-1), display_phone_number: '+91 80 4718 0001', verified_name: 'Second shop' });
        return;
      }
      if (path.at(-1) === 'media') { state.uploads.push(upload(body)); answer({ id: `media.${state.uploads.length}` }); return; }
      const message = JSON.parse(body);
      if (message.status === 'read') { answer({ success: true }); return; }
      state.read += 1;
      if (state.refuses) { answer(state.refuses.body, state.refuses.status); return; }
      if (state.hangsUp) { request.socket.destroy(); return; }
      state.taken.push(message);
      answer({ messaging_product: 'whatsapp', contacts: [{ input: message.to, wa_id: message.to }], messages: [{ id: `wamid.taken.${state.taken.length}` }] });
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { state, url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}
