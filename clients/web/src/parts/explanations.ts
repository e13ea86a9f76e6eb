/**
 * What the API says in English, said in the language of the console: from the codes and figures that stand beside each text. What
 * is newer than this console keeps the API's words.
 */
import type { CollectionHealth, ContentScorePart, Job, PollError, PollStep, ScorePart } from '@content-creator/client';
import { date, number, percent, span } from '../format';
import type { Language, Spoken } from '../language';
import type { Texts } from '../texts/en';

/** How polling has gone, in a sentence. */
export function healthInWords(health: CollectionHealth, { t, language }: Spoken): string {
  const polls = health.success_count + health.failure_count;
  const counts = t.explained.counts(number(health.success_count, language), number(polls, language), number(health.documents_last_24h, language));
  if (health.state === 'new') return t.explained.neverPolled;
  const failed = health.consecutive_failures > 0 && health.last_error && health.state !== 'paused';
  const why = failed ? ` ${t.explained.failed(health.consecutive_failures, errorInWords(health.last_error!, t))}` : '';
  return `${t.health[health.state]}:${why} ${counts}`;
}

/** What went wrong; the API's own words tell more, with what and where. */
export function errorInWords({ code, message }: Pick<NonNullable<PollError>, 'code' | 'message'>, t: Texts): string {
  return text(t.explained.errors, code) ?? message.replace(/\.$/, '');
}

/** Steps that are told in brackets, and one that follows what it has moved. */
const ASIDE = ['half_of_gap', 'half_of_silence'];

/** Why a poll is due when it is: what decided, then what it was weighed against. */
export function pollInWords(steps: PollStep[], { t, language }: Spoken): string {
  return steps
    .map((step, at) => {
      const said = stepInWords(step, { t, language });
      if (ASIDE.includes(step.code)) return ` (${said})`;
      if (at === 0) return said;
      return step.code === 'skip_hours' ? `, ${said}` : `, ${t.explained.longerThan} ${said}`;
    })
    .join('');
}

function stepInWords({ code, seconds, count, words }: PollStep, { t, language }: Spoken): string {
  const say = (t.explained.polls as Partial<Record<string, (said: string, count: number) => string>>)[code];
  return say ? say(seconds === null ? (words ?? '') : span(seconds, language), count ?? 0) : (words ?? code);
}

type Inputs = Record<string, unknown>;

/** Whether a job found out that its page cannot be had: it can be tried again. */
export function pageUnreadable({ kind, result }: Pick<Job, 'kind' | 'result'>): boolean {
  return kind === 'article' && result?.['outcome'] === 'page_unreadable';
}

/** What came of a job that has succeeded, and the page that shows it; null where its result says nothing that this console knows. */
export function resultInWords({ kind, result }: Pick<Job, 'kind' | 'result'>, { t, language }: Spoken): { said: string; to?: string } | null {
  if (!result) return null;
  const say = t.jobs.results;
  const count = (field: string) => Number(result[field] ?? 0);
  const size = (list: unknown) => (Array.isArray(list) ? list.length : 0);
  switch (kind) {
    case 'poll': {
      const [added, updated] = [count('documents_added'), count('documents_updated')];
      return { said: added + updated > 0 ? say.documents(added, updated) : (text(t.outcome, String(result['outcome'])) ?? '') };
    }
    case 'article':
      if (pageUnreadable({ kind, result })) return { said: say.unread(errorInWords(result['page_error'] as NonNullable<PollError>, t)) };
      return { said: say.words(number(count('word_count'), language)) };
    case 'discover':
      return { said: say.feeds(count('feeds_found')) };
    case 'import':
      return { said: say.imported(count('created'), count('duplicates_count'), count('refused_count')) };
    case 'research':
      return {
        said: result['answered'] === false ? say.unanswered : say.claims(Number((result['claims'] as Inputs)['supported'])),
        to: `/research/${String(result['run_id'])}`,
      };
    case 'discover_topics':
      return { said: say.topics(size((result['report'] as Inputs)['topics'])), to: '/discoveries' };
    case 'synthesize':
      return { said: say.draft(count('version'), number(count('word_count'), language)) };
    case 'research_keyword':
    case 'research_competitor':
      return { said: say.report, to: `/reports/${String(result['id'])}` };
    case 'research_serp':
      return { said: say.pages(size(result['results'])), to: `/serp/${String(result['id'])}` };
    case 'rescore_topics':
      return { said: say.rescored(count('scored'), count('risen'), count('fallen')), to: `/scoring/${String(result['id'])}` };
    default:
      return null;
  }
}

/** How a part of a topic's score came about. */
export function scoreInWords(part: ScorePart, { t, language }: Spoken): string {
  const explained = explainScore(part.name, part.inputs, part.value !== null, { t, language });
  if (explained === null) return part.explanation;
  return part.value === null ? `${explained} ${t.explained.sharedOut}` : explained;
}

function explainScore(name: string, inputs: Inputs, known: boolean, { t, language }: Spoken): string | null {
  const say = t.explained.score;
  const figure = (input: string, digits: 0 | 1 | 2 = 1) => number(inputs[input] as number, language, digits);
  const share = (input: string) => percent(inputs[input] as number, language);
  const word = (input: string) => String(inputs[input]);
  switch (name) {
    case 'relevance':
      return known ? say.relevance(figure('found'), figure('words'), figure('keywords')) : say.relevanceUnknown;
    case 'diversity':
    case 'breadth':
      return say.diversity(inputs['publishers'] as number, figure('full'));
    case 'freshness':
      return known ? say.freshness(figure('age_days'), figure('half_life_days')) : say.freshnessUnknown;
    case 'novelty':
      return 'most_similar' in inputs ? say.novelty(share('similarity'), word('most_similar')) : say.noveltyFull;
    case 'volume':
      if (!known) return say.volumeUnknown;
      return 'position' in inputs ? say.volume(figure('position')) : say.volumeAssumed(figure('assumed', 2));
    case 'burst':
      if (known) return say.burst(word('term'), figure('documents'), figure('deviations'));
      return inputs['documents_before'] === 0 ? say.burstUnknown : say.burstNoTerm;
    case 'cohesion':
      return say.cohesion(share('common'));
  }
  return null;
}

/** The name of a part of how well a text is made, and how it was computed. */
export function contentPartInWords({ name, value, inputs, note }: ContentScorePart, { t, language }: Spoken): { name: string; note: string } {
  // The pages among results are fresh as a share, a text by its age.
  const key = name === 'freshness' && 'dated_pages' in inputs ? 'fresh_pages' : name;
  const part = (t.explained.content as Partial<Record<string, { name: string; known: (figure: string) => string; unknown: string }>>)[key];
  if (!part) return { name, note };
  if (value.value === null) return { name: part.name, note: part.unknown };
  return { name: part.name, note: part.known(figureOf(key, inputs, language)) };
}

/** Which input of a part its note tells. */
const FIGURES: Record<string, string> = {
  words: 'words',
  readability: 'ease',
  keyword: 'density_percent',
  entities: 'per_hundred_words',
  quality: 'mean',
  length: 'mean_words',
};

function figureOf(key: string, inputs: Inputs, language: Language): string {
  if (key === 'freshness') return date(inputs['published_at'] as string, language);
  if (key === 'fresh_pages') return percent(inputs['share'] as number, language);
  return number(inputs[FIGURES[key] ?? ''] as number | undefined, language, 1);
}

/** A part's name in the language. */
export function scorePartName(name: string, t: Texts): string {
  return text(t.scorePart, name) ?? name;
}

/** The text of a code; undefined where it is newer than this console. */
export function text(texts: Record<string, string>, code: string): string | undefined {
  return texts[code];
}
