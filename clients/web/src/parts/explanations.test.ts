/** What the API explains in English is explained in the language of the console, from codes and figures alone. */
import { type CollectionHealth, type ContentScorePart, type Job, PollStepCode, type ScorePart } from '@content-creator/client';
import { expect, test } from 'vitest';
import { span } from '../format';
import type { Spoken } from '../language';
import { de as deutsch } from '../texts/de';
import { en as english } from '../texts/en';
import { contentPartInWords, errorInWords, healthInWords, pageUnreadable, pollInWords, resultInWords, scoreInWords } from './explanations';

const en: Spoken = { language: 'en', t: english };
const de: Spoken = { language: 'de', t: deutsch };

const step = (code: PollStepCode, figures: object = {}) => ({ code, seconds: null, count: null, words: null, ...figures });

test('why the next poll is then, what decided first', () => {
  const steps = [step('source_wish', { words: 'max-age 21600' }), step('computed', { seconds: 10_800 }), step('half_of_gap', { seconds: 21_600 }), step('skip_hours')];
  expect(pollInWords(steps, en)).toBe(
    'the source asks for “max-age 21600”, which is longer than the 3 hours that fit how often it publishes (half of the time between its entries, 6 hours), moved out of the hours and days in which it wants no visits',
  );
  expect(pollInWords(steps, de)).toBe(
    'die Quelle bittet um „max-age 21600“, das ist länger als der Abstand, der zu ihrem Takt passt, 3 Stunden (die Hälfte der Zeit zwischen ihren Einträgen: 6 Stunden), verschoben aus den Stunden und Tagen, in denen sie keine Besuche will',
  );
  expect(pollInWords([step('back_off', { count: 1 })], de)).toBe('die Ruhe nach 1 Fehlschlag');
  expect(pollInWords([step('other', { words: 'in newer words' })], de)).toBe('in newer words');
  expect(pollInWords([], en)).toBe('');
});

test('every step of the contract has words in both languages', () => {
  const codes = Object.values(PollStepCode).filter((code) => code !== 'other');
  expect(Object.keys(english.explained.polls).sort()).toEqual([...codes].sort());
  for (const code of codes) {
    const said = pollInWords([step(code, { seconds: 7200, count: 2 })], de);
    expect(said).not.toBe(pollInWords([step(code, { seconds: 7200, count: 2 })], en));
    expect(said).not.toMatch(/undefined|null|2 hours/);
  }
});

test('health in words', () => {
  const health = { state: 'healthy', success_count: 12, failure_count: 1, documents_last_24h: 4, consecutive_failures: 0, last_error: null } as CollectionHealth;
  expect(healthInWords(health, en)).toBe('Healthy: 12 of 13 polls went well, 4 documents in the last 24 hours.');
  expect(healthInWords(health, de)).toBe('Gesund: 12 von 13 Abrufen sind gelungen, 4 Dokumente in den letzten 24 Stunden.');
  const failing = { ...health, state: 'failing', consecutive_failures: 3, last_error: { code: 'not_a_feed', message: 'x', at: '' } } as CollectionHealth;
  expect(healthInWords(failing, de)).toContain('Die letzten 3 Abrufe sind fehlgeschlagen (die Antwort ist kein Feed);');
  expect(healthInWords({ ...failing, consecutive_failures: 1 }, en)).toContain('the last poll failed (the answer is no feed);');
  expect(healthInWords({ ...failing, state: 'paused' }, en)).not.toContain('failed');
  expect(healthInWords({ ...health, state: 'new' }, de)).toBe('Neu: Sie wurde noch nicht abgerufen.');
  const once = { ...health, state: 'healthy', success_count: 1, failure_count: 0, consecutive_failures: 0, documents_last_24h: 1 } as CollectionHealth;
  expect(healthInWords(once, en)).toContain('1 of 1 poll went well, 1 document in the last 24 hours.');
  expect(healthInWords(once, de)).toContain('1 von 1 Abruf ist gelungen, 1 Dokument in den letzten 24 Stunden.');
  expect(errorInWords({ code: 'newer', message: 'In its own words.' }, deutsch)).toBe('In its own words');
});

test('how a score came about', () => {
  const part = (name: string, value: number | null, inputs: object) => ({ name, value, inputs, explanation: 'its own words' }) as ScorePart;
  const parts: [ScorePart, string][] = [
    [part('relevance', 0.75, { found: 3, words: 4, keywords: 3 }), '3 von 4 Wörtern sind unter 3 Stichwörtern.'],
    [part('relevance', 1, { found: 1, words: 1, keywords: 1 }), '1 von 1 Wort ist unter 1 Stichwort.'],
    [part('relevance', null, { keywords: 0 }), 'Es gibt keine Stichwörter zum Vergleich. Das Gewicht verteilt sich auf die anderen.'],
    [part('diversity', 0.2, { publishers: 1, full: 5 }), '1 Herausgeber schreibt darüber; 5 zählen voll.'],
    [part('breadth', 0.4, { publishers: 2, full: 5 }), '2 Herausgeber schreiben darüber; 5 zählen voll.'],
    [part('freshness', 0.9, { age_days: 1.25, half_life_days: 7 }), 'Das neueste Dokument ist 1,3 Tage alt; alle 7 Tage halbiert sich der Wert.'],
    [part('freshness', 0.9, { age_days: 1, half_life_days: 7 }), 'Das neueste Dokument ist 1 Tag alt; alle 7 Tage halbiert sich der Wert.'],
    [part('burst', 0.8, { term: 'pump', documents: 1, deviations: 1 }), '„pump“ steht in 1 Dokument, 1 Standardabweichung mehr als erwartet.'],
    [part('freshness', null, { half_life_days: 7 }), 'Es ist nicht bekannt, wann etwas darüber erschienen ist. Das Gewicht verteilt sich auf die anderen.'],
    [part('novelty', 0.88, { similarity: 0.12, most_similar: 'Ein Titel' }), 'Es hat 12 % seiner Wörter mit „Ein Titel“ gemein.'],
    [part('novelty', 1, { topics: 3 }), 'Kein anderes Thema hat etwas mit ihm gemein.'],
    [part('volume', 0.9, { position: 2, characters: 30 }), 'Es stand an Stelle 2 unter den Vorschlägen.'],
    [part('volume', 0.5, { assumed: 0.5 }), 'Es ist in keinen Vorschlägen; das Profil nimmt dann 0,5 an.'],
    [part('volume', null, {}), 'Es ist in keinen Vorschlägen, das Volumen ist also nicht bekannt. Das Gewicht verteilt sich auf die anderen.'],
    [part('burst', 0.8, { term: 'pump', documents: 9, deviations: 2.51 }), '„pump“ steht in 9 Dokumenten, 2,5 Standardabweichungen mehr als erwartet.'],
    [part('burst', null, { documents: 9, documents_before: 0 }), 'Das Archiv hat aus der Zeit davor nichts zum Vergleich. Das Gewicht verteilt sich auf die anderen.'],
    [part('burst', null, {}), 'Es ist kein Begriff, dessen Dokumente gezählt werden. Das Gewicht verteilt sich auf die anderen.'],
    [part('cohesion', 0.6, { documents: 3, common: 0.2 }), 'Seine Dokumente haben 20 % ihrer Wörter gemein; ein Drittel zählt voll.'],
    [part('newer', 0.6, {}), 'its own words'],
  ];
  for (const [of, said] of parts) expect(scoreInWords(of, de).replace(/\u00a0/g, ' ')).toBe(said);
});

test('how well a text is made', () => {
  const part = (name: string, value: number | null, inputs: object) => ({ name, value: { value }, inputs, note: 'its own words' }) as ContentScorePart;
  const said = (of: ContentScorePart) => contentPartInWords(of, de).note.replace(/\u00a0/g, ' ');
  expect(contentPartInWords(part('words', 0.5, { words: 1200 }), de)).toEqual({ name: 'Länge', note: '1.200 Wörter; 1.500 bis 3.000 sind am besten' });
  expect(said(part('readability', null, { language: 'xx' }))).toContain('keine Lesbarkeitsformel');
  expect(said(part('freshness', 0.9, { published_at: '2026-11-20T12:00:00Z' }))).toBe('erschienen am 20.11.2026');
  expect(said(part('freshness', 0.4, { dated_pages: 3, share: 0.67 }))).toBe('67 % der datierten Seiten sind jünger als ein halbes Jahr');
  expect(contentPartInWords(part('newer', 0.4, {}), de)).toEqual({ name: 'newer', note: 'its own words' });
});

test('a length of time is told in its two largest units', () => {
  expect(span(0, 'en')).toBe('0 seconds');
  expect(span(59, 'de')).toBe('59 Sekunden');
  expect(span(22_320, 'en')).toBe('6 hours 12 minutes');
  expect(span(86_400, 'de')).toBe('1 Tag');
  expect(span(90_061, 'en')).toBe('1 day 1 hour');
});

test('what came of a job is told from its result', () => {
  const said = (kind: Job['kind'], result: Job['result']) => resultInWords({ kind, result }, en);
  expect(said('poll', { outcome: 'documents_added', documents_added: 1, documents_updated: 2 })).toEqual({ said: '1 new document, 2 documents updated' });
  expect(said('poll', { outcome: 'not_modified', documents_added: 0, documents_updated: 0 })).toEqual({ said: 'Not modified' });
  expect(said('article', { outcome: 'article_read', word_count: 1200 })).toEqual({ said: '1,200 words read' });
  expect(said('article', { outcome: 'page_unreadable', page_error: { code: 'newer', message: 'The moon is in the way.' } })).toEqual({ said: 'The page cannot be read: The moon is in the way' });
  expect(resultInWords({ kind: 'article', result: { outcome: 'page_unreadable', page_error: { code: 'no_article', message: 'no article' } } }, de)?.said).toBe('Die Seite lässt sich nicht lesen: auf der Seite ist kein Artikel');
  expect(pageUnreadable({ kind: 'article', result: null })).toBe(false);
  expect(said('discover', { feeds_found: 0, sites: [] })).toEqual({ said: 'No feed found' });
  expect(said('import', { created: 3, duplicates_count: 1, refused_count: 0 })).toEqual({ said: '3 collections added, 1 known, 0 refused' });
  expect(said('research', { run_id: 'r', answered: true, claims: { supported: 1 } })).toEqual({ said: '1 sentence with a source', to: '/research/r' });
  expect(said('research', { run_id: 'r', answered: false, claims: { supported: 0 } })).toEqual({ said: 'Nothing found that answers', to: '/research/r' });
  expect(said('discover_topics', { report: { topics: [{}, {}] } })).toEqual({ said: '2 topics found', to: '/discoveries' });
  expect(said('article', { outcome: 'article_read', word_count: 1 })).toEqual({ said: '1 word read' });
  expect(said('synthesize', { version: 1, word_count: 1 })).toEqual({ said: 'Version 1, 1 word' });
  expect(said('synthesize', { version: 2, word_count: 640 })).toEqual({ said: 'Version 2, 640 words' });
  expect(said('research_keyword', { id: 'k' })).toEqual({ said: 'The report', to: '/reports/k' });
  expect(said('research_serp', { id: 's', results: [{}] })).toEqual({ said: '1 page', to: '/serp/s' });
  expect(said('rescore_topics', { id: 'x', scored: 5, risen: 2, fallen: 1 })).toEqual({ said: '5 topics scored: 2 higher, 1 lower', to: '/scoring/x' });
  expect(said('poll', null)).toBeNull();
  expect(said('newer' as Job['kind'], {})).toBeNull();
  expect(resultInWords({ kind: 'research_serp', result: { id: 's', results: [] } }, de)?.said).toBe('0 Seiten');
});
