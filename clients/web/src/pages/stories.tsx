import type { StorySort, StorySummary } from '@content-creator/client';
import { Anchor, NumberInput, Text } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { defined, useFilters, usePaging } from '../address';
import { number } from '../format';
import { useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useRead } from '../queries';
import { api } from '../session';

export function Stories() {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const later = useDebouncedCallback(change, 300);
  const { page, page_size, turn } = usePaging();
  const query = {
    page,
    page_size,
    min_sources: filters['min_sources'] ? Number(filters['min_sources']) : undefined,
    sort: filters['sort'] as StorySort | undefined,
  };
  const stories = useRead(['stories', 'list', query], (signal) => api.stories.list({ query: defined(query), signal }));
  const columns: Column<StorySummary>[] = [
    {
      name: t.common.title,
      cell: ({ id, title, sources, languages }) => (
        <>
          <Anchor component={To} to={`/stories/${id}`} fw={600} lang={languages[0]}>
            {title}
          </Anchor>
          <Text size="xs" c="dimmed">
            {sources.join(', ')}
          </Text>
        </>
      ),
    },
    { name: t.nav.documents, sorts: ['-size'], numeric: true, cell: ({ size }) => number(size, language) },
    { name: t.stories.first, cell: ({ first_at }) => <Time at={first_at} /> },
    { name: t.stories.last, sorts: ['-last_at'], cell: ({ last_at }) => <Time at={last_at} /> },
  ];
  return (
    <Page title={t.nav.stories} about={t.stories.about}>
      <NumberInput
        w={200}
        label={t.stories.minSources}
        min={2}
        max={100}
        value={filters['min_sources'] ?? ''}
        onChange={(value) => later({ min_sources: String(value) })}
      />
      <Loaded query={stories} lines={8}>
        {(list) => (
          <DataTable
            label={t.nav.stories}
            page={list}
            columns={columns}
            turn={turn}
            sort={filters['sort'] ?? '-last_at'}
            onSort={(sort) => change({ sort })}
            busy={stories.isPlaceholderData}
            empty={<Empty title={t.stories.none}>{t.stories.noneCure}</Empty>}
          />
        )}
      </Loaded>
    </Page>
  );
}
