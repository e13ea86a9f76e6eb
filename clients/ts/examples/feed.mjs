import { createClient, JobFailedError } from '@content-creator/client';

const client = createClient({ baseUrl: process.env.CONTENT_CREATOR_URL, apiKey: process.env.CONTENT_CREATOR_API_KEY });
const body = { name: 'A feed', url: process.argv[2], domain: 'proptech', market: 'de', enabled: false };
const { data: collection } = await client.collections.create({ body });
const { data: poll } = await client.collections.poll({ path: { id: collection.id } });
try {
  const job = await client.jobs.wait(poll.id, { onEvent: (event) => console.error(event.type) });
  console.log(`The poll brought ${job.result?.documents_added} documents.`);
} catch (error) {
  if (!(error instanceof JobFailedError)) throw error;
  console.log(`The poll has ${error.job.state}: ${error.job.error?.message}`);
}
