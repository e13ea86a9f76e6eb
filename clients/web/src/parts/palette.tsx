/** The command palette (mod+K): every page, and the topics and documents that match what is typed. */
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconArticle, IconBulb, IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTexts } from '../language';
import { useRead } from '../queries';
import { api } from '../session';
import { PAGES } from './shell';

const MOST = 5;

/** Opens whenever it is asked for anew. */
export function Palette({ asked: times }: { asked: number }) {
  const t = useTexts();
  const go = useNavigate();
  useEffect(() => spotlight.open(), [times]);
  const [query, setQuery] = useState('');
  const [asked] = useDebouncedValue(query.trim(), 200);
  const topics = useRead(['topics', 'palette', { asked }], (signal) => api.topics.list({ query: { search: asked, page_size: MOST }, signal }), {
    enabled: asked.length > 1,
  });
  const documents = useRead(
    ['documents', 'palette', { asked }],
    (signal) => api.documents.search({ query: { q: asked, page_size: MOST }, signal }),
    { enabled: asked.length > 1 },
  );
  const found = asked.length > 1;
  const groups: SpotlightActionGroupData[] = [
    {
      group: t.palette.pages,
      actions: PAGES.filter(({ name }) => t.nav[name].toLowerCase().includes(query.trim().toLowerCase())).map(({ to, name, icon: Icon }) => ({
        id: to,
        label: t.nav[name],
        leftSection: <Icon size={18} aria-hidden />,
        onClick: () => void go({ to }),
      })),
    },
    {
      group: t.nav.topics,
      actions: (found ? (topics.data?.items ?? []) : []).map(({ id, title, market }) => ({
        id,
        label: title,
        description: `${market} · ${t.nav.topics}`,
        leftSection: <IconBulb size={18} aria-hidden />,
        onClick: () => void go({ to: `/topics/${id}` }),
      })),
    },
    {
      group: t.nav.documents,
      actions: (found ? (documents.data?.items ?? []) : []).map(({ id, title, source_name }) => ({
        id,
        label: title,
        description: source_name,
        leftSection: <IconArticle size={18} aria-hidden />,
        onClick: () => void go({ to: `/documents/${id}` }),
      })),
    },
  ];
  return (
    <Spotlight
      actions={groups.filter(({ actions }) => actions.length > 0)}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      // What was found is found by the server, in every word form.
      filter={(_, actions) => actions}
      nothingFound={t.palette.nothing}
      scrollable
      attributes={{ content: { 'aria-label': t.palette.placeholder } }}
      maxHeight={420}
      searchProps={{ leftSection: <IconSearch size={18} aria-hidden />, placeholder: t.palette.placeholder, 'aria-label': t.palette.placeholder }}
    />
  );
}
