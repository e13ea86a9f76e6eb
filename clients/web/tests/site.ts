/** Two small publishers on this machine, with feeds of today: one at 127.0.0.1, one at 127.0.0.2. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Article {
  title: string;
  paragraphs: string[];
  /** How many hours ago it was published. */
  age: number;
}

const SENTENCES = [
  'Dr. Amal Weber of the Elmford Institute measured the noise of the pumps at forty houses.',
  'The ministry of housing in Elmford paid for the trial and published the figures on Monday.',
  'Neighbours were asked twice, in March and in September.',
];

/** What both publishers write about: one trial, on whose size they differ. */
const trial = (houses: number, title: string, age: number): Article => ({
  title,
  age,
  paragraphs: [
    `The Elmford heat pump trial has ended: ${houses} houses replaced their gas boiler with a heat pump within one year.`,
    `The heat pump trial cut the heating bills of the houses by 31 percent on average, according to the Elmford Institute.`,
    ...SENTENCES,
    'A heat pump moves warmth from the air outside into the house and needs about a third of the energy of a boiler.',
  ],
});

const about = (subject: string, age: number): Article => ({
  title: `Heat pump ${subject}: what Elmford has learned`,
  age,
  paragraphs: [
    `The heat pump ${subject} was the question that most readers in Elmford asked this week.`,
    `According to the Elmford Institute, the heat pump ${subject} depends on the size of the house and on its radiators.`,
    `The town of Elmford will publish a guide on heat pump ${subject} in the spring, with 24 pages and a table for each street.`,
    'Anyone who replaces a gas boiler may ask the town for advice free of charge.',
  ],
});

const DAILY: Article[] = [
  trial(412, 'Elmford heat pump trial ends after a year', 5),
  about('subsidy', 8),
  about('installation', 12),
  about('maintenance', 20),
  about('noise', 26),
];

const WEEKLY: Article[] = [
  trial(389, 'Elmford heat pump trial cuts heating bills', 4),
  about('warranty', 10),
  about('radiator', 15),
];

/** What the walk of a person adds. */
const GARDEN: Article[] = [
  {
    title: 'What grows on the rooftop garden of Elmford',
    age: 6,
    paragraphs: [
      'Beans, chard and 12 kinds of tomatoes grow on the rooftop garden above the library of Elmford.',
      'School classes look after the rooftop garden in the holidays, too.',
      'Visitors reach it by the lift of the library on every Saturday.',
    ],
  },
  {
    title: 'Elmford opens a rooftop garden on its library',
    age: 3,
    paragraphs: [
      'The town of Elmford has opened a rooftop garden on its library, with 64 beds for schools and neighbours.',
      'The rooftop garden cost 180,000 euros, half of which came from donations.',
      'Water for the rooftop garden is collected from the roof of the town hall next door.',
    ],
  },
];

const FEEDS: Record<string, { title: string; articles: Article[] }> = {
  daily: { title: 'Elmford Daily', articles: DAILY },
  weekly: { title: 'Elmford Weekly', articles: WEEKLY },
  garden: { title: 'Elmford Gardener', articles: GARDEN },
};

export async function startSite(): Promise<{ port: number; stop: () => void }> {
  const server: Server = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    const [, name = '', article] = new URL(request.url ?? '/', origin).pathname.split('/');
    const feed = FEEDS[name.replace('.rss', '')];
    if (!feed) return void response.writeHead(404).end('Not found');
    if (name.endsWith('.rss')) return void response.setHeader('Content-Type', 'application/rss+xml').end(rss(origin, name, feed));
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(article ? page(feed.articles[Number(article)]!) : home(name, feed.title));
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}

function home(name: string, title: string): string {
  return `<!doctype html><html lang="en"><head><title>${title}</title>
    <link rel="alternate" type="application/rss+xml" title="${title}" href="/${name}.rss"></head><body><h1>${title}</h1></body></html>`;
}

function rss(origin: string, name: string, { title, articles }: { title: string; articles: Article[] }): string {
  const items = articles.map((article, index) => {
    const address = `${origin}/${name.replace('.rss', '')}/${index}`;
    return `<item><title>${article.title}</title><link>${address}</link><guid>${address}</guid>
      <pubDate>${published(article).toUTCString()}</pubDate><description>${article.paragraphs.map((text) => `&lt;p&gt;${text}&lt;/p&gt;`).join('')}</description></item>`;
  });
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>${title}</title><link>${origin}</link><language>en</language>${items.join('')}</channel></rss>`;
}

function page(article: Article): string {
  return `<!doctype html><html lang="en"><head><title>${article.title}</title></head><body><article><h1>${article.title}</h1>
    ${article.paragraphs.map((text) => `<p>${text}</p>`).join('')}</article></body></html>`;
}

function published({ age }: Article): Date {
  return new Date(Date.now() - age * 3_600_000);
}
