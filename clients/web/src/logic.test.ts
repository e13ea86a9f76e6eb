/** What the console works out by itself. */
import { afterEach, expect, test, vi } from 'vitest';
import { defined, parseSearch, stringifySearch } from './address';
import { duration, fromNow, languageName, money, month, number, percent, total, UNKNOWN } from './format';
import { firstLanguage } from './language';
import { tagsOf } from './live';
import { lastDays } from './pages/dashboard/growth';
import { destination, niceTicks } from './parts/day-chart';
import { narrowing } from './pages/documents';
import { fit } from './parts/fuzzy';
import { fitting } from './parts/palette';
import { firstPlace, placesInUse } from './parts/place';
import { evenly } from './pages/scoring/form';
import { sameThing } from './queries';
import { nextStatuses } from './pages/topic';
import { de } from './texts/de';
import { en } from './texts/en';

afterEach(() => {
  localStorage.clear();
  vi.restoreAllMocks();
});

test('an address keeps filters as plain words', () => {
  expect(stringifySearch({ search: 'a b', status: 'x,y', page: undefined, empty: '', nothing: null })).toBe('?search=a+b&status=x%2Cy');
  expect(stringifySearch({})).toBe('');
  expect(parseSearch('?search=123&page=2')).toEqual({ search: '123', page: '2' });
  expect(defined({ a: 1, b: undefined, c: '', d: false })).toEqual({ a: 1, d: false });
});

test('what is unknown is a dash, never a zero', () => {
  for (const shown of [number(null, 'en'), percent(null, 'de'), money(null, 'en'), duration(null, 'de'), fromNow(null, 'en')]) {
    expect(shown).toBe(UNKNOWN);
  }
});

test('figures are written as in the language', () => {
  expect(number(1234.5, 'en')).toBe('1,234.5');
  expect(number(1234.5, 'de')).toBe('1.234,5');
  expect(total(100_000, 'gte', 'en')).toBe('100,000+');
  expect(money(0.0042, 'en')).toBe('$0.0042');
  expect(money(12, 'en')).toBe('$12.00');
  expect(money(0, 'en')).toBe('$0.00');
  expect(duration(850, 'en')).toBe('850 ms');
  expect(duration(4200, 'en')).toBe('4.2 s');
  expect(duration(180_000, 'en')).toBe('3 min');
});

test('times are told from now', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  expect(fromNow('2026-11-23T11:00:00Z', 'en', now)).toBe('1 hour ago');
  expect(fromNow('2026-11-23T12:10:00Z', 'de', now)).toBe('in 10 Minuten');
  expect(fromNow('2026-11-22T11:00:00Z', 'en', now)).toBe('yesterday');
  expect(fromNow('2026-11-23T12:00:20Z', 'en', now)).toBe('in 20 seconds');
});

test('the language is the chosen one, else the first of the browser that we speak', () => {
  const languages = vi.spyOn(navigator, 'languages', 'get');
  languages.mockReturnValue(['fr-FR', 'de-AT', 'en']);
  expect(firstLanguage()).toBe('de');
  languages.mockReturnValue(['fr']);
  expect(firstLanguage()).toBe('en');
  localStorage.setItem('content-creator.language', 'de');
  expect(firstLanguage()).toBe('de');
});

test('an event says what is stale', () => {
  const of = (type: string, kind?: string) => tagsOf({ type: type as 'job.queued', data: { kind } });
  expect(of('topic.created')).toEqual(['topics']);
  expect(of('feed.polled')).toEqual(['collections', 'documents', 'hosts']);
  expect(of('job.progress', 'poll')).toEqual(['jobs']);
  expect(of('job.succeeded', 'synthesize')).toEqual(['jobs', 'topics', 'costs']);
  expect(of('job.succeeded', 'research_serp')).toEqual(['jobs', 'research']);
  expect(of('job.failed', 'discover')).toEqual(['jobs']);
});

test('a topic goes forward, or to the archive and back', () => {
  expect(nextStatuses('researched')).toEqual(['drafted', 'published', 'archived']);
  expect(nextStatuses('published')).toEqual(['archived']);
  expect(nextStatuses('archived')).toEqual(['discovered']);
});

test('a month of a facet is two dates', () => {
  expect(narrowing('month', '2026-12')).toEqual({ published_after: '2026-12-01T00:00:00.000Z', published_before: '2027-01-01T00:00:00.000Z' });
  expect(narrowing('language', 'de')).toEqual({ language: 'de' });
  expect(narrowing('language', null)).toEqual({});
});

test('days begin at midnight, also where one has 23 hours', () => {
  const days = lastDays(new Date(2026, 3, 2));
  expect(days).toHaveLength(14);
  expect(days.every((day) => day.getHours() === 0)).toBe(true);
  expect(new Set(days.map((day) => day.getDate())).size).toBe(14);
});

test('a chart begins at zero and reaches its highest figure in round steps', () => {
  expect(niceTicks(0)).toEqual([0, 1]);
  expect(niceTicks(3)).toEqual([0, 1, 2, 3]);
  expect(niceTicks(7)).toEqual([0, 2, 4, 6, 8]);
  expect(niceTicks(40)).toEqual([0, 10, 20, 30, 40]);
  expect(niceTicks(123_456)).toEqual([0, 50_000, 100_000, 150_000]);
});

test('what is typed in a hurry is found', () => {
  expect(fit('disc top', 'Discover topics now')).not.toBeNull();
  expect(fit('dsc', 'Discover topics now')).not.toBeNull();
  expect(fit('topics discover', 'Discover topics now')).not.toBeNull();
  expect(fit('losch', 'Löschen')).not.toBeNull();
  expect(fit('scvr', 'Discover')).toBeNull();
  expect(fit('key feed', 'New API key')).toBeNull();
  expect(fit('', 'anything')).not.toBeNull();
  expect(fit('jobs', 'Jobs')!).toBeGreaterThan(fit('job', 'Jobs')!);
  expect(fit('job', 'Jobs')!).toBeGreaterThan(fit('jbs', 'Jobs')!);
});

test('the palette does the best of what fits first', () => {
  const action = (label: string) => ({ id: label, label, icon: () => null, act: () => undefined }) as never;
  const groups = [
    { group: 'Do', actions: [action('Add a sentence'), action('Sign out')] },
    { group: 'Pages', actions: [action('Settings')] },
  ];
  expect(fitting(groups, ' ')).toBe(groups);
  expect(fitting(groups, 'sett')[0]!.group).toBe('Pages');
  expect(fitting(groups, 'out')[0]!.actions).toEqual([groups[0]!.actions[1]]);
  expect(fitting(groups, 'nothing at all').every(({ actions }) => actions.length === 0)).toBe(true);
});

test('even weights are a hundred percent together', () => {
  for (const kind of ['validation', 'discovery'] as const) {
    const percents = Object.values(evenly(kind)).map((weight) => Math.round(weight * 100));
    expect(percents.reduce((sum, percent) => sum + percent, 0)).toBe(100);
    expect(Math.max(...percents) - Math.min(...percents)).toBeLessThanOrEqual(1);
  }
});

test('keys lead from day to day, and not beyond', () => {
  expect(destination('ArrowLeft', 5, 14)).toBe(4);
  expect(destination('ArrowRight', 13, 14)).toBe(13);
  expect(destination('Home', 5, 14)).toBe(0);
  expect(destination('End', 5, 14)).toBe(13);
  expect(destination('Tab', 5, 14)).toBeUndefined();
});

test('both languages say everything', () => {
  const said = (texts: object, path = ''): string[] =>
    Object.entries(texts).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'object' ? said(value as object, `${path}${key}.`) : value === '' ? [] : [path + key],
    );
  expect(said(de)).toEqual(said(en));
});

test('a page of a list may stand in for the next, a document never for another', () => {
  expect(sameThing(['topics', 'list', { page: 1 }], ['topics', 'list', { page: 2 }])).toBe(true);
  expect(sameThing(['documents', 'one', 'a'], ['documents', 'one', 'b'])).toBe(false);
  expect(sameThing(['topics', 'a', 'documents', 1, 20], ['topics', 'a', 'documents', 2, 20])).toBe(true);
  expect(sameThing(['jobs', 'list'], ['jobs', 'list', {}])).toBe(false);
});

test('of domains, markets and languages the most used are offered first', () => {
  const found = [
    { domain: 'energy', market: 'gb', language: null },
    { domain: 'garden', market: 'gb', language: 'en' },
    { domain: 'garden', market: 'de', language: '' },
  ];
  expect(placesInUse(found)).toEqual({ domain: ['garden', 'energy'], market: ['gb', 'de'], language: ['en'] });
});

test('a first place is that of the reader, and can be gone on with as it is', () => {
  expect(firstPlace(['en-GB', 'de-DE'])).toEqual({ domain: 'general', market: 'gb', language: 'en' });
  expect(firstPlace(['de', 'de-AT', 'en-US'])).toEqual({ domain: 'general', market: 'at', language: 'de' });
  expect(firstPlace(['de', 'en-US'])).toEqual({ domain: 'general', market: 'de', language: 'de' });
  expect(firstPlace(['sr-Latn', 'fr'])).toEqual({ domain: 'general', market: 'sr', language: 'sr' });
  expect(firstPlace([])).toEqual({ domain: 'general', market: 'en', language: 'en' });
});

test('months and languages are named in the language of the console, and what nobody has named is left', () => {
  expect([month('2026-11', 'en'), month('2026-03', 'de')]).toEqual(['November 2026', 'März 2026']);
  expect([languageName('de', 'en'), languageName('en', 'de'), languageName('not a code', 'en')]).toEqual(['German', 'Englisch', 'not a code']);
});
