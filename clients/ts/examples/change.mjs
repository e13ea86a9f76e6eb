import { ContentCreatorError, createClient, ifMatch } from '@content-creator/client';

const client = createClient({ baseUrl: process.env.CONTENT_CREATOR_URL, apiKey: process.env.CONTENT_CREATOR_API_KEY });
const path = { id: process.argv[2] };
try {
  const { data: topic, response } = await client.topics.get({ path });
  const headers = ifMatch(response.headers.get('ETag'));
  const { data: changed } = await client.topics.update({ path, headers, body: { priority: Math.min(topic.priority + 1, 10) } });
  console.log(`${changed.title} has priority ${changed.priority}.`);
} catch (error) {
  if (!ContentCreatorError.is(error, 'TOPIC_CHANGED', 'TOPIC_NOT_FOUND')) throw error;
  console.log(`${error.message} (${error.code}, request ${error.requestId})`);
}
