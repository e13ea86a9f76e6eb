/** The command palette (mod+K): what can be done, every page, and the collections, topics and documents that match what is typed. */
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, spotlight, type SpotlightActionData } from '@mantine/spotlight';
import {
  IconArticle,
  IconBook,
  IconBulb,
  IconCalendarPlus,
  IconKey,
  IconLanguage,
  IconListSearch,
  IconLogout,
  IconMoon,
  IconPlus,
  IconRefresh,
  IconReportSearch,
  IconRss,
  IconScale,
  IconSearch,
  IconSparkles,
  IconZoomQuestion,
} from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { LANGUAGE_NAMES, type Language, useLanguage } from '../language';
import { useAction, useRead } from '../queries';
import { api, signOut } from '../session';
import { useScheme } from '../theme';
import { fit } from './fuzzy';
import { PAGES } from './pages';

const MOST = 5;
/** How many collections are known to the palette: those first in the alphabet. */
const COLLECTIONS = 100;

interface Action {
  id: string;
  label: string;
  description?: string;
  icon: typeof IconPlus;
  act: () => void;
}

interface Group {
  group: string;
  actions: Action[];
}

/** Opens whenever it is asked for anew. */
export function Palette({ asked: times }: { asked: number }) {
  const { t } = useLanguage();
  const [query, setQuery] = useState('');
  useEffect(() => spotlight.open(), [times]);
  const commands = useCommands();
  const pages = usePages();
  const collections = useCollections();
  const found = useFound(query.trim());
  const typed = query.trim() !== '';
  const groups = [
    { group: t.palette.actions, actions: commands },
    { group: t.palette.pages, actions: pages },
    { group: t.nav.collections, actions: typed ? collections : [] },
  ];
  return (
    <Spotlight
      actions={[...fitting(groups, query), ...found].filter(({ actions }) => actions.length > 0).map(shown)}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      // What fits is known already; what was found is found by the server, in every word form.
      filter={(_, actions) => actions}
      nothingFound={t.palette.nothing}
      scrollable
      attributes={{ content: { 'aria-label': t.palette.placeholder } }}
      maxHeight={420}
      searchProps={{ leftSection: <IconSearch size={18} aria-hidden />, placeholder: t.palette.placeholder, 'aria-label': t.palette.placeholder }}
    />
  );
}

/** What fits the query, best first; the group with the best comes first, so that Enter does it. */
export function fitting(groups: Group[], query: string): Group[] {
  if (query.trim() === '') return groups;
  const ranked = groups.map(({ group, actions }) => {
    const fits = actions.flatMap((action) => {
      const score = fit(query, `${action.label} ${action.description ?? ''}`);
      return score === null ? [] : [{ action, score }];
    });
    fits.sort((one, other) => other.score - one.score);
    return { group, actions: fits.map(({ action }) => action).slice(0, 2 * MOST), best: fits[0]?.score ?? 0 };
  });
  return ranked.sort((one, other) => other.best - one.best);
}

function shown({ group, actions }: Group): { group: string; actions: SpotlightActionData[] } {
  return {
    group,
    actions: actions.map(({ id, label, description, icon: Icon, act }) => ({
      id,
      label,
      ...(description && { description }),
      leftSection: <Icon size={18} aria-hidden />,
      onClick: act,
    })),
  };
}

/** What can be done from anywhere. */
function useCommands(): Action[] {
  const { t, language, speak } = useLanguage();
  const { dark, toggle } = useScheme();
  const go = useNavigate();
  const to = (path: string, open?: string, tab?: string) => () => void go({ to: path, search: { open, tab } as never });
  const visit = (address: string) => () => void window.open(address, '_blank', 'noopener');
  const other = (Object.keys(LANGUAGE_NAMES) as Language[]).find((code) => code !== language)!;
  return [
    { id: 'add', label: t.palette.addFeed, icon: IconPlus, act: to('/collections', 'add') },
    { id: 'discover', label: t.palette.discover, icon: IconSparkles, act: to('/topics', 'discover') },
    { id: 'topic', label: t.topics.create, icon: IconBulb, act: to('/topics', 'create') },
    { id: 'research', label: t.palette.research, icon: IconZoomQuestion, act: to('/research', 'ask') },
    { id: 'report', label: t.palette.report, icon: IconReportSearch, act: to('/reports') },
    { id: 'serp', label: t.palette.serp, icon: IconListSearch, act: to('/serp') },
    { id: 'schedule', label: t.discoveries.add, icon: IconCalendarPlus, act: to('/discoveries', 'add') },
    { id: 'profile', label: t.palette.profile, icon: IconScale, act: to('/scoring', 'create') },
    { id: 'key', label: t.palette.key, icon: IconKey, act: to('/settings', 'create', 'keys') },
    { id: 'scheme', label: dark ? t.shell.toLight : t.shell.toDark, description: t.palette.scheme, icon: IconMoon, act: toggle },
    { id: 'language', label: LANGUAGE_NAMES[other], description: t.palette.language, icon: IconLanguage, act: () => speak(other) },
    { id: 'docs', label: t.settings.docs, icon: IconBook, act: visit('/docs') },
    { id: 'reference', label: t.settings.reference, icon: IconBook, act: visit('/redoc') },
    { id: 'out', label: t.shell.signOut, icon: IconLogout, act: signOut },
  ];
}

function usePages(): Action[] {
  const { t } = useLanguage();
  const go = useNavigate();
  return PAGES.map(({ to, name, icon }) => ({ id: to, label: t.nav[name], icon, act: () => void go({ to }) }));
}

/** To poll each collection, or to open it. */
function useCollections(): Action[] {
  const { t } = useLanguage();
  const go = useNavigate();
  const collections = useRead(['collections', 'palette'], (signal) => api.collections.list({ query: { page_size: COLLECTIONS, sort: 'name' }, signal }));
  const poll = useAction((of: { id: string; name: string }) => api.collections.poll({ path: { id: of.id } }), {
    stale: [['jobs']],
    done: (_, { name }) => t.palette.polling(name),
  });
  return (collections.data?.items ?? []).flatMap(({ id, name }) => [
    { id, label: name, description: t.nav.collections, icon: IconRss, act: () => void go({ to: `/collections/${id}` }) },
    { id: `poll ${id}`, label: t.palette.poll(name), icon: IconRefresh, act: () => poll.mutate({ id, name }) },
  ]);
}

/** What the server finds among topics and documents. */
function useFound(query: string): Group[] {
  const { t } = useLanguage();
  const go = useNavigate();
  const [asked] = useDebouncedValue(query, 200);
  const enabled = asked.length > 1;
  const topics = useRead(['topics', 'palette', { asked }], (signal) => api.topics.list({ query: { search: asked, page_size: MOST }, signal }), { enabled });
  const documents = useRead(
    ['documents', 'palette', { asked }],
    (signal) => api.documents.search({ query: { q: asked, page_size: MOST }, signal }),
    { enabled },
  );
  if (!enabled) return [];
  return [
    {
      group: t.nav.topics,
      actions: (topics.data?.items ?? []).map(({ id, title, market }) => ({
        id,
        label: title,
        description: `${market} · ${t.nav.topics}`,
        icon: IconBulb,
        act: () => void go({ to: `/topics/${id}` }),
      })),
    },
    {
      group: t.nav.documents,
      actions: (documents.data?.items ?? []).map(({ id, title, source_name }) => ({
        id,
        label: title,
        description: source_name,
        icon: IconArticle,
        act: () => void go({ to: `/documents/${id}` }),
      })),
    },
  ];
}
