import { all, createClient } from '@content-creator/client';

const client = createClient({ baseUrl: process.env.CONTENT_CREATOR_URL, apiKey: process.env.CONTENT_CREATOR_API_KEY });
const { data: made } = await client.topics.create({
  body: { title: `PropTech trends ${Date.now()}`, domain: 'proptech', market: 'de', language: 'en' },
});
let topics = 0;
for await (const topic of all((cursor) => client.topics.list({ query: { cursor } }))) topics += topic.domain === made.domain;
console.log(`${made.title} is one of ${topics} topics of ${made.domain}.`);
