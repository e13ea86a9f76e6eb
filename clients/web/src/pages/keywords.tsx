import { type KeywordCount, KeywordKind, type KeywordSort } from '@content-creator/client';
import { Anchor, Badge, Paper, SegmentedControl, Select } from '@mantine/core';
import { useMemo } from 'react';
import { defined, useFilters, useTypedFilter } from '../address';
import { number, percent } from '../format';
import { useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { FilterBar } from '../parts/filter-bar';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { PlaceInput } from '../parts/place';
import { type Column, DataTable } from '../parts/table';
import { To } from '../parts/to';
import { useRead } from '../queries';
import { api } from '../session';
import { daysAgo } from './costs';

const SPANS = { day: 1, week: 7, month: 30 } as const;
const MOST = 100;

/** What is written about, and how it grows. */
export function Keywords() {
  const { t } = useLanguage();
  return (
    <Page title={t.nav.keywords} about={t.writtenAbout.about}>
      <KeywordFilters />
      <KeywordTable />
    </Page>
  );
}

function KeywordFilters() {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const domain = useTypedFilter('domain');
  const market = useTypedFilter('market');
  const language = useTypedFilter('language');
  return (
    <Paper withBorder p="md">
      <FilterBar>
        <SegmentedControl
          aria-label={t.costs.span}
          value={filters['span'] ?? 'week'}
          onChange={(span) => change({ span: span === 'week' ? undefined : span })}
          data={(['day', 'week', 'month'] as const).map((value) => ({ value, label: t.costs.spans[value] }))}
        />
        <Select
          w={180}
          label={t.writtenAbout.kind}
          placeholder={t.common.all}
          clearable
          clearButtonProps={{ 'aria-label': t.common.clear }}
          data={Object.values(KeywordKind).map((value) => ({ value, label: t.keywordKind[value] }))}
          value={filters['kind'] ?? null}
          onChange={(kind) => change({ kind: kind ?? undefined })}
        />
        <PlaceInput of="domain" w={120} {...domain} />
        <PlaceInput of="market" w={120} {...market} />
        <PlaceInput of="language" w={120} {...language} />
      </FilterBar>
    </Paper>
  );
}

function KeywordTable() {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const span = (filters['span'] ?? 'week') as keyof typeof SPANS;
  const since = useMemo(() => daysAgo(SPANS[span] ?? SPANS.week), [span]);
  const query = {
    since,
    limit: MOST,
    kind: filters['kind'] as KeywordKind | undefined,
    domain: filters['domain'],
    market: filters['market'],
    language: filters['language'],
    sort: (filters['sort'] ?? '-documents') as KeywordSort,
  };
  const keywords = useRead(['keywords', query], (signal) => api.keywords.list({ query: defined(query), signal }));
  const columns: Column<KeywordCount>[] = [
    {
      name: t.keywords.keyword,
      cell: ({ text }) => (
        <Anchor component={To} to="/documents" search={{ q: `"${text}"` }} fw={600}>
          {text}
        </Anchor>
      ),
    },
    { name: t.writtenAbout.kind, cell: ({ kind }) => <Badge color="gray">{t.keywordKind[kind]}</Badge> },
    { name: t.nav.documents, sorts: ['-documents'], numeric: true, cell: ({ documents }) => number(documents, language) },
    { name: t.writtenAbout.before, numeric: true, cell: ({ documents_before }) => number(documents_before, language) },
    { name: t.keywords.growth, sorts: ['-growth'], numeric: true, cell: ({ growth, documents_before }) => (documents_before === 0 ? t.writtenAbout.new : percent(growth, language)) },
  ];
  return (
    <Loaded query={keywords} lines={8}>
      {({ items }) => (
        <DataTable
          label={t.nav.keywords}
          page={{ items, total: items.length, total_relation: items.length === MOST ? 'gte' : 'eq', page: 1, page_size: MOST, pages: 1 }}
          columns={columns}
          sort={query.sort}
          onSort={(sort) => change({ sort })}
          busy={keywords.isPlaceholderData}
          empty={<Empty title={t.writtenAbout.none}>{t.writtenAbout.noneCure}</Empty>}
        />
      )}
    </Loaded>
  );
}
