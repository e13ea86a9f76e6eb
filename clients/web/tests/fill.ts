/** What there is to see: collections, documents, a story, topics, reports, drafts, search results, a schedule, a profile, a saved search. */
import { type ContentCreatorClient, createClient, EventType, type Job } from '@content-creator/client';

const QUESTION = 'How many houses replaced their gas boiler with a heat pump in the Elmford trial?';
const PLACE = { domain: 'energy', market: 'gb' };

/** Answers the ids of what was made, as environment variables for the tests. */
export async function fill(url: string, key: string, port: number): Promise<Record<string, string>> {
  const client = createClient({ baseUrl: url, apiKey: key });
  const collection = await addFeeds(client, port);
  await settled(client);
  const topic = await discoverTopic(client);
  await client.topics.validate({ path: { id: topic }, body: {} });
  const ask = async (question: string) => String((await ended(client, (await client.topics.research({ path: { id: topic }, body: { question } })).data)).result!['run_id']);
  const earlier = await ask('What did the Elmford heat pump trial cost?');
  const run = await ask(QUESTION);
  const [keywords, competitors, snapshots] = await Promise.all([
    ended(client, (await client.topics.researchKeyword({ path: { id: topic }, body: {} })).data),
    ended(client, (await client.topics.researchCompetitor({ path: { id: topic }, body: {} })).data),
    twoSnapshots(client, port),
    twoDrafts(client, topic),
    twoVersions(client),
    addWebhook(client, port),
    client.searches.createSearch({ body: { name: 'Heat pumps', query: '"heat pump"' } }),
    client.topics.createDiscoverySchedule({
      body: { name: 'Energy in Britain', every_hours: 12, enabled: false, request: { ...PLACE, language: 'en', keywords: ['heat pump', 'boiler'] } },
    }),
  ]);
  const [documents, stories] = await Promise.all([client.documents.search({ query: { q: 'trial' } }), client.stories.list()]);
  return {
    COLLECTION: collection,
    TOPIC: topic,
    RUN: run,
    EARLIER_RUN: earlier,
    RESCORING: await rescore(client),
    DOCUMENT: documents.data.items[0]!.id,
    STORY: stories.data.items[0]!.id,
    KEYWORD_REPORT: String(keywords.result!['id']),
    COMPETITOR_REPORT: String(competitors.result!['id']),
    ...snapshots,
  };
}

/** One whose receiver knows nothing of it. */
async function addWebhook(client: ContentCreatorClient, port: number): Promise<void> {
  const body = { url: `http://127.0.0.1:${port}/hooks`, description: 'Newsroom', event_types: [EventType.FEED_GONE, EventType.TOPIC_DELETED] };
  const { data: made } = await client.webhooks.create({ body });
  await client.webhooks.test({ path: { id: made.id } });
}

async function addFeeds(client: ContentCreatorClient, port: number): Promise<string> {
  const feeds = [
    { name: 'Elmford Daily', url: `http://127.0.0.1:${port}/daily.rss` },
    { name: 'Elmford Weekly', url: `http://127.0.0.2:${port}/weekly.rss` },
    { name: 'A feed that is gone', url: `http://127.0.0.1:${port}/missing.rss` },
  ];
  const made = await Promise.all(feeds.map((feed) => client.collections.create({ body: { ...feed, ...PLACE, language: 'en' } })));
  await client.collections.create({ body: { name: 'r/heatpumps', type: 'reddit', config: { subreddit: 'heatpumps' }, enabled: false, ...PLACE } });
  return made[0]!.data.id;
}

/** Waits until nothing runs any more and every document is indexed. */
async function settled(client: ContentCreatorClient): Promise<void> {
  for (let quiet = 0; quiet < 2; ) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const [running, queued, unread, all] = await Promise.all([
      client.jobs.list({ query: { state: 'running' } }),
      client.jobs.list({ query: { state: 'queued' } }),
      client.documents.list({ query: { status: 'new' } }),
      client.documents.list(),
    ]);
    quiet = running.data.total + queued.data.total + unread.data.total === 0 && all.data.total >= 8 ? quiet + 1 : 0;
  }
}

async function discoverTopic(client: ContentCreatorClient): Promise<string> {
  const { data } = await client.topics.discover({ body: { ...PLACE, language: 'en', keywords: ['heat pump'], min_score: 0 } });
  await ended(client, data);
  const { data: topics } = await client.topics.list();
  const trial = topics.items.find(({ title }) => title.includes('trial')) ?? topics.items[0];
  if (!trial) throw new Error('no topic was discovered');
  return trial.id;
}

/** A draft, and the same one edited. */
async function twoDrafts(client: ContentCreatorClient, topic: string): Promise<void> {
  await ended(client, (await client.topics.synthesize({ path: { id: topic } })).data);
  const { data: drafts } = await client.topics.listDrafts({ path: { id: topic } });
  const [first] = drafts.items;
  await client.topics.updateDraft({ path: { id: first!.id }, body: { body_markdown: `${first!.body_markdown}\nA sentence of our own.\n` } });
}

/** The results of a search at two times, between which some have moved. */
async function twoSnapshots(client: ContentCreatorClient, port: number): Promise<{ SNAPSHOT: string; EARLIER_SNAPSHOT: string }> {
  const daily = (article: number) => `http://127.0.0.1:${port}/daily/${article}`;
  const weekly = (article: number) => `http://127.0.0.2:${port}/weekly/${article}`;
  const look = async (urls: string[]) => {
    const { data } = await client.research.researchSerp({ body: { query: 'heat pump', language: 'en', market: 'gb', urls } });
    return String((await ended(client, data)).result!['id']);
  };
  const earlier = await look([daily(0), daily(1), weekly(0), daily(2)]);
  return { EARLIER_SNAPSHOT: earlier, SNAPSHOT: await look([weekly(0), daily(1), daily(0), weekly(1), `http://127.0.0.1:${port}/gone`]) };
}

/** Which topics the newest version of a profile would move. */
async function rescore(client: ContentCreatorClient): Promise<string> {
  const { data } = await client.topics.score({ body: { profile: 'newsroom', filter: { domain: PLACE.domain } } });
  return String((await ended(client, data)).result!['id']);
}

async function twoVersions(client: ContentCreatorClient): Promise<void> {
  for (const freshness of [0.5, 0.3]) {
    const weights = { relevance: 0.8 - freshness, freshness, diversity: 0.2 };
    await client.topics.createScoringProfile({ body: { name: 'newsroom', kind: 'validation', weights, parameters: { threshold: 0.5 } } });
  }
}

async function ended(client: ContentCreatorClient, job: Job): Promise<Job> {
  for (;;) {
    const { data } = await client.jobs.get({ path: { job_id: job.id } });
    if (data.state === 'failed') throw new Error(`${data.kind}: ${data.error?.message}`);
    if (data.finished_at) return data;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
