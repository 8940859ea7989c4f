// A provider that can be told to hang up after it has read a message: the outcome is then unknown.
import { createServer } from 'node:http';

export async function startProvider() {
  const state = { hangsUp: false, taken: [], read: 0 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      const answer = (json) => { response.setHeader('content-type', 'application/json'); response.end(JSON.stringify(json)); };
      const path = new URL(request.url, 'http://provider').pathname.split('/').filter(Boolean);
      if (request.method === 'GET' && path.at(-1) === 'message_templates') { answer({ data: [] }); return; }
      if (request.method === 'GET') { answer({ id: path.at(-1), display_phone_number: '+91 80 4718 0001', verified_name: 'Second shop' }); return; }
      const message = JSON.parse(body);
      if (message.status === 'read') { answer({ success: true }); return; }
      state.read += 1;
      if (state.hangsUp) { request.socket.destroy(); return; }
      state.taken.push(message);
      answer({ messaging_product: 'whatsapp', contacts: [{ input: message.to, wa_id: message.to }], messages: [{ id: `wamid.taken.${state.taken.length}` }] });
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { ...state, state, url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}
