/** The language of the console: the browser's, until somebody chooses one. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { de } from './texts/de';
import { en, type Texts } from './texts/en';

const LANGUAGES = { en, de };
export type Language = keyof typeof LANGUAGES;

const NAME = 'content-creator.language';

interface Speech {
  language: Language;
  t: Texts;
  speak: (language: Language) => void;
}

const Speaking = createContext<Speech>({ language: 'en', t: en, speak: () => undefined });

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const speech = useMemo(
    () => ({
      language,
      t: LANGUAGES[language],
      speak: (chosen: Language) => {
        localStorage.setItem(NAME, chosen);
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return <Speaking value={speech}>{children}</Speaking>;
}

/** The texts in the language of the moment. */
export function useTexts(): Texts {
  return useContext(Speaking).t;
}

export function useLanguage(): Speech {
  return useContext(Speaking);
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
