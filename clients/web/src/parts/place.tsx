/** Domain, market and language, which most things of the API have: what is in use is offered, so that nobody has to remember how it was spelt. */
import { SimpleGrid, TextInput, type TextInputProps } from '@mantine/core';
import { useId, useState } from 'react';
import { useTexts } from '../language';
import { useRead } from '../queries';
import { api } from '../session';

export interface Place {
  domain: string;
  market: string;
  language: string;
}

type Found = Pick<Place, 'domain' | 'market'> & { language: string | null };

/** What is in use of each, the most used first. */
export function placesInUse(found: Found[]): Record<keyof Place, string[]> {
  const of = (field: keyof Place) => {
    const uses = new Map<string, number>();
    for (const { [field]: value } of found) if (value) uses.set(value, (uses.get(value) ?? 0) + 1);
    return [...uses].sort(([, one], [, other]) => other - one).map(([value]) => value);
  };
  return { domain: of('domain'), market: of('market'), language: of('language') };
}

/** The newest hundred tell what is in use; the others are typed. */
const NEWEST = { page_size: 100 };

function useInUse(field: keyof Place): string[] {
  const collections = useRead(['collections', 'places'], (signal) => api.collections.list({ query: NEWEST, signal }));
  const documents = useRead(['documents', 'places'], (signal) => api.documents.list({ query: { ...NEWEST, sort: '-fetched_at' }, signal }), {
    enabled: field === 'language',
  });
  return placesInUse([...(collections.data?.items ?? []), ...(documents.data?.items ?? [])])[field];
}

/** One of the three, with what is in use to choose from. */
export function PlaceInput({ of, ...props }: TextInputProps & { of: keyof Place }) {
  const id = useId();
  const t = useTexts();
  const used = useInUse(of);
  return (
    <>
      <TextInput label={t.common[of]} list={id} autoComplete="off" {...props} />
      <datalist id={id}>
        {used.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </>
  );
}

interface FieldsProps {
  /** Whether an empty language means what the source says. */
  languageOptional?: boolean;
  /** What is there already; else what was collected last. */
  place?: { domain: string; market: string; language: string | null };
}

/** What to begin with where nothing was collected yet: something to go on with by clicking alone. */
export function firstPlace(languages: readonly string[]): Place {
  const [language = 'en'] = (languages[0] ?? 'en').toLowerCase().split('-');
  const regions = languages.filter((tag) => tag.startsWith(language)).map((tag) => /-([A-Z]{2})$/.exec(tag)?.[1]);
  return { domain: 'general', market: (regions.find(Boolean) ?? language).toLowerCase(), language };
}

export function PlaceFields({ languageOptional = false, place }: FieldsProps) {
  const t = useTexts();
  const newest = useRead(['documents', 'newest'], (signal) => api.documents.list({ query: { page_size: 1, sort: '-fetched_at' }, signal }), { enabled: !place });
  const [typed, type] = useState<Partial<Place>>({});
  const collections = useRead(['collections', 'places'], (signal) => api.collections.list({ query: NEWEST, signal }), { enabled: !place });
  const nothingYet = newest.data?.items.length === 0 && collections.data?.items.length === 0;
  const known = place ?? newest.data?.items[0] ?? collections.data?.items[0] ?? (nothingYet ? firstPlace(navigator.languages) : undefined);
  // A feed that was just added says nothing of the language of the next one.
  const language = languageOptional && !place ? '' : (known?.language ?? '');
  const field = (of: keyof Place, value: string) => ({
    of,
    name: of,
    value: typed[of] ?? value,
    onChange: ({ currentTarget }: { currentTarget: HTMLInputElement }) => type((now) => ({ ...now, [of]: currentTarget.value })),
  });
  return (
    <SimpleGrid cols={{ base: 2, xs: 3 }} spacing="md" style={{ alignItems: 'end' }}>
      <PlaceInput {...field('domain', known?.domain ?? '')} description={t.common.domainHelp} required />
      <PlaceInput {...field('market', known?.market ?? '')} description={t.common.marketHelp} required />
      <PlaceInput {...field('language', language)} description={languageOptional ? t.common.languageOfFeed : t.common.languageHelp} required={!languageOptional} />
    </SimpleGrid>
  );
}
