/** The language of the console: the browser's, until somebody chooses one. Only the texts of one language are loaded. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { Texts } from './texts/en';

const LANGUAGES = {
  en: async () => (await import('./texts/en')).en,
  de: async (): Promise<Texts> => (await import('./texts/de')).de,
};
export type Language = keyof typeof LANGUAGES;

/** Each in its own language. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', de: 'Deutsch' };

const NAME = 'content-creator.language';

export interface Spoken {
  language: Language;
  t: Texts;
}

interface Speech extends Spoken {
  speak: (language: Language) => void;
}

const Speaking = createContext<Speech | null>(null);

export async function load(language: Language): Promise<Spoken> {
  return { language, t: await LANGUAGES[language]() };
}

export function LanguageProvider({ first, children }: { first: Spoken; children: ReactNode }) {
  const [spoken, setSpoken] = useState(first);
  useEffect(() => {
    document.documentElement.lang = spoken.language;
  }, [spoken]);
  const speech = useMemo(
    () => ({
      ...spoken,
      speak: (chosen: Language) => {
        localStorage.setItem(NAME, chosen);
        void load(chosen).then(setSpoken);
      },
    }),
    [spoken],
  );
  return <Speaking value={speech}>{children}</Speaking>;
}

/** The texts in the language of the moment. */
export function useTexts(): Texts {
  return useLanguage().t;
}

export function useLanguage(): Speech {
  return useContext(Speaking)!;
}

/** What was chosen, else the first of the browser's languages that we speak. */
export function firstLanguage(): Language {
  const wanted = [localStorage.getItem(NAME), ...navigator.languages];
  for (const tag of wanted) {
    const language = tag?.slice(0, 2).toLowerCase();
    if (language === 'en' || language === 'de') return language;
  }
  return 'en';
}
