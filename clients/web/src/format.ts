/** Numbers, money and times as people of a language write them. What is not known is null and shown as a dash. */
import type { Language } from './language';

export const UNKNOWN = '–';

/** Making a format costs more than using it a hundred times: each is made once for a language. */
function once<Format>(make: (language: Language) => Format): (language: Language) => Format {
  const made = new Map<Language, Format>();
  return (language) => {
    const format = made.get(language) ?? make(language);
    made.set(language, format);
    return format;
  };
}

/** The reader's own kind of a language, where the browser names one: a day in Britain stands before its month. */
function kindOf(language: Language): string {
  return navigator.languages.find((tag) => tag === language || tag.startsWith(`${language}-`)) ?? language;
}

const NUMBER = [0, 1, 2, 3].map((maximumFractionDigits) => once((language) => new Intl.NumberFormat(language, { maximumFractionDigits })));
const PERCENT = once((language) => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }));
const DATE_TIME = once((language) => new Intl.DateTimeFormat(kindOf(language), { dateStyle: 'medium', timeStyle: 'short' }));
const DATE = once((language) => new Intl.DateTimeFormat(kindOf(language), { dateStyle: 'medium' }));
const FROM_NOW = once((language) => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }));

export function number(value: number | null | undefined, language: Language, digits: 0 | 1 | 2 | 3 = 2): string {
  if (value === null || value === undefined) return UNKNOWN;
  return NUMBER[digits]!(language).format(value);
}

/** A total that may be a lower bound. */
export function total(value: number, relation: 'eq' | 'gte', language: Language): string {
  return number(value, language) + (relation === 'gte' ? '+' : '');
}

export function percent(share: number | null | undefined, language: Language): string {
  if (share === null || share === undefined) return UNKNOWN;
  return PERCENT(language).format(share);
}

/** US dollars; what costs less than a cent keeps its digits. */
export function money(value: number | null | undefined, language: Language): string {
  if (value === null || value === undefined) return UNKNOWN;
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
  return new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: digits }).format(value);
}

export function dateTime(value: string | null | undefined, language: Language): string {
  if (!value) return UNKNOWN;
  return DATE_TIME(language).format(new Date(value));
}

export function date(value: string | null | undefined, language: Language): string {
  if (!value) return UNKNOWN;
  return DATE(language).format(new Date(value));
}

const DAY = once((language) => new Intl.DateTimeFormat(kindOf(language), { day: 'numeric', month: 'short' }));

/** A day of these weeks: "30 Nov". */
export function day(value: Date, language: Language): string {
  return DAY(language).format(value);
}

const MONTH = once((language) => new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }));

/** A month as the API writes it, "2026-11", in words. */
export function month(value: string, language: Language): string {
  return MONTH(language).format(new Date(`${value}-01T00:00:00Z`));
}

/** A language by its name, as "en" is "English"; what nobody has named stays as it is. */
export function languageName(code: string, language: Language): string {
  try {
    return new Intl.DisplayNames(language, { type: 'language', fallback: 'code' }).of(code) ?? code;
  } catch {
    return code;
  }
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** How far a time is from now, in words: "3 hours ago", "in 10 minutes". */
export function fromNow(value: string | null | undefined, language: Language, now = Date.now()): string {
  if (!value) return UNKNOWN;
  const seconds = (new Date(value).getTime() - now) / 1000;
  const words = FROM_NOW(language);
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return words.format(Math.round(seconds), 'second');
}

/** How long something took: "850 ms", "4.2 s", "3 min". */
export function duration(milliseconds: number | null | undefined, language: Language): string {
  if (milliseconds === null || milliseconds === undefined) return UNKNOWN;
  if (milliseconds < 1000) return `${number(milliseconds, language, 0)} ms`;
  if (milliseconds < 120_000) return `${number(milliseconds / 1000, language, 1)} s`;
  return `${number(milliseconds / 60_000, language, 0)} min`;
}

const LENGTHS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A length of time in its two largest units, in words: "6 hours 12 minutes". */
export function span(seconds: number, language: Language): string {
  const first = LENGTHS.findIndex(([, length]) => seconds >= length);
  if (first < 0) return unit(0, 'second', language);
  let left = seconds;
  const parts = LENGTHS.slice(first, first + 2).map(([name, length]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    return count > 0 ? unit(count, name, language) : '';
  });
  return parts.filter(Boolean).join(' ');
}

function unit(count: number, name: string, language: Language): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'long' }).format(count);
}
