/** Numbers, money and times as people of a language write them. What is not known is null and shown as a dash. */
import type { Language } from './language';

export const UNKNOWN = '–';

export function number(value: number | null | undefined, language: Language, digits = 2): string {
  if (value === null || value === undefined) return UNKNOWN;
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/** A total that may be a lower bound. */
export function total(value: number, relation: 'eq' | 'gte', language: Language): string {
  return number(value, language) + (relation === 'gte' ? '+' : '');
}

export function percent(share: number | null | undefined, language: Language): string {
  if (share === null || share === undefined) return UNKNOWN;
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** US dollars; what costs less than a cent keeps its digits. */
export function money(value: number | null | undefined, language: Language): string {
  if (value === null || value === undefined) return UNKNOWN;
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
  return new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', minimumFractionDigits: 2, maximumFractionDigits: digits }).format(value);
}

export function dateTime(value: string | null | undefined, language: Language): string {
  if (!value) return UNKNOWN;
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(value));
}

export function date(value: string | null | undefined, language: Language): string {
  if (!value) return UNKNOWN;
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(value));
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
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
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
