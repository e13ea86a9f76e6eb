import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { verifyWebhook } from '@content-creator/client';

const server = createServer(async (request, response) => {
  try {
    const event = await verifyWebhook(request.headers, await text(request), process.env.WEBHOOK_SECRET);
    console.log(event.type, JSON.stringify(event.data)); // what you have seen by its event.id, leave out
    response.writeHead(204).end();
  } catch (error) {
    response.writeHead(400).end(error.message);
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/hooks`));
