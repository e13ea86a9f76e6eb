import { type DocumentHit, DocumentSource, type DocumentSummary, type Facet, FacetField } from '@content-creator/client';
import { Alert, Anchor, Button, Chip, Grid, Group, Paper, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { defined, type Filters, useFilters, usePaging, useTypedFilter } from '../address';
import { date, languageName, month, number } from '../format';
import { type Language, useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { FilterBar } from '../parts/filter-bar';
import { Highlighted } from '../parts/highlighted';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type ListPage, Pager } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useRead } from '../queries';
import { api } from '../session';
import { SaveSearch } from './searches';

export function Documents() {
  const { t } = useLanguage();
  const [filters] = useFilters();
  return (
    <Page title={t.nav.documents} about={t.documents.about} actions={filters['q'] && <SaveSearch query={filters['q']} filters={searchFilters(filters)} />}>
      <SearchForm />
      {filters['q'] ? <Found query={filters['q']} /> : <Newest />}
    </Page>
  );
}

const NARROWING = ['domain', 'market', 'language', 'source', 'source_name', 'collection_id', 'published_after', 'published_before'] as const;

/** What the address narrows by, as the API takes it. */
function searchFilters(filters: Filters) {
  const chosen = Object.fromEntries(NARROWING.map((name) => [name, filters[name]]));
  return defined(chosen as { [Name in (typeof NARROWING)[number]]: string | undefined }) as {
    [Name in Exclude<(typeof NARROWING)[number], 'source'>]?: string;
  } & { source?: DocumentSource };
}

function SearchForm() {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const words = useTypedFilter('q', { sort: undefined });
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <FilterBar>
          <TextInput
            flex="3 1 16rem"
            label={t.common.search}
            description={t.documents.searchHelp}
            leftSection={<IconSearch size={16} aria-hidden />}
            maxLength={500}
            {...words}
          />
          <Select
            w={180}
            label={t.common.sort}
            allowDeselect={false}
            data={(filters['q'] ? ['relevance', '-published_at', 'published_at', '-fetched_at'] : ['-published_at', 'published_at', '-fetched_at']).map(
              (value) => ({ value, label: t.documentSort[value as keyof typeof t.documentSort] }),
            )}
            value={filters['sort'] ?? (filters['q'] ? 'relevance' : '-published_at')}
            onChange={(sort) => change({ sort: sort ?? undefined })}
          />
          <Select
            w={160}
            label={t.topics.source}
            placeholder={t.common.all}
            clearable
            clearButtonProps={{ 'aria-label': t.common.clear }}
            data={Object.values(DocumentSource).map((value) => ({ value, label: t.source[value] }))}
            value={filters['source'] ?? null}
            onChange={(source) => change({ source: source ?? undefined })}
          />
        </FilterBar>
        <Narrowed filters={filters} change={change} />
      </Stack>
    </Paper>
  );
}

/** What narrows the list, each to be taken away. */
function Narrowed({ filters, change }: { filters: Filters; change: (change: Filters) => void }) {
  const { t, language } = useLanguage();
  const set = NARROWING.filter((name) => filters[name] && name !== 'source');
  if (set.length === 0) return null;
  return (
    <Group gap="xs">
      {set.map((name) => (
        <Button key={name} size="compact-sm" variant="light" onClick={() => change({ [name]: undefined })} aria-label={t.documents.without(t.facet[name])}>
          {t.facet[name]}
          {name === 'collection_id' ? '' : `: ${filterInWords(name, filters[name]!, language)}`} ×
        </Button>
      ))}
    </Group>
  );
}

function Newest() {
  const { t } = useLanguage();
  const [filters] = useFilters();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, sort: filters['sort'] as '-published_at' | undefined, ...searchFilters(filters) };
  const documents = useRead(['documents', 'list', query], (signal) => api.documents.list({ query: defined(query), signal }));
  return (
    <Loaded query={documents} lines={10}>
      {(list) => (
        <Results
          list={list}
          turn={turn}
          empty={
            <Empty title={t.documents.none} action={<Button component={To} to="/collections" search={{ open: 'add' }}>{t.collections.add}</Button>}>
              {t.documents.noneCure}
            </Empty>
          }
        />
      )}
    </Loaded>
  );
}

const FACETS: FacetField[] = ['source_name', 'language', 'domain', 'market', 'month'];

function Found({ query: q }: { query: string }) {
  const { t } = useLanguage();
  const [filters] = useFilters();
  const { page, page_size, turn } = usePaging();
  const query = { q, page, page_size, facets: FACETS, sort: filters['sort'] as 'relevance' | undefined, ...searchFilters(filters) };
  const documents = useRead(['documents', 'search', query], (signal) => api.documents.search({ query: { ...defined(query), q }, signal }));
  return (
    <Loaded query={documents} lines={10}>
      {(list) => (
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 9 }}>
            <Stack>
              {list.fuzzy && <Alert color="yellow">{t.documents.fuzzy}</Alert>}
              <Results list={list} turn={turn} empty={<Empty title={t.documents.notFound}>{t.documents.notFoundCure}</Empty>} />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 3 }}>
            <Facets facets={list.facets ?? []} />
          </Grid.Col>
        </Grid>
      )}
    </Loaded>
  );
}

interface ResultsProps {
  list: ListPage<DocumentSummary | DocumentHit>;
  turn: (page: number, size: number) => void;
  empty: ReactNode;
}

function Results({ list, turn, empty }: ResultsProps) {
  if (list.items.length === 0) return <Paper withBorder>{empty}</Paper>;
  return (
    <Paper withBorder>
      {list.items.map((document) => (
        <Hit key={document.id} document={document} />
      ))}
      <Pager page={list} turn={turn} />
    </Paper>
  );
}

function Hit({ document }: { document: DocumentSummary | DocumentHit }) {
  const found = 'snippet' in document;
  return (
    <Stack gap={2} p="md" className="hit">
      <Anchor component={To} to={`/documents/${document.id}`} fw={600} lang={document.language}>
        {found ? <Highlighted html={document.title_highlighted} /> : document.title}
      </Anchor>
      <Text size="sm" lang={document.language} lineClamp={3}>
        {found ? <Highlighted html={document.snippet} /> : document.summary}
      </Text>
      <Text size="xs" c="dimmed">
        {document.source_name} · {document.language} · <Time at={document.published_at} />
      </Text>
    </Stack>
  );
}

function Facets({ facets }: { facets: Facet[] }) {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  return (
    <Stack>
      {facets.filter(({ values }) => values.length > 0).map((facet) => (
        <div key={facet.field}>
          <Title order={2} size="h6" mb={4}>
            {t.facet[facet.field]}
          </Title>
          <Group gap={6}>
            {facet.values.slice(0, 12).map(({ value, count }) => {
              const narrowed = narrowing(facet.field, value);
              const checked = Object.entries(narrowed).every(([name, to]) => filters[name] === to);
              return (
                <Chip
                  key={value ?? ''}
                  size="xs"
                  disabled={value === null}
                  checked={value !== null && checked}
                  onChange={() => change(checked ? Object.fromEntries(Object.keys(narrowed).map((name) => [name, undefined])) : narrowed)}
                >
                  {value === null ? t.common.unknown : facetInWords(facet.field, value, language)} ({number(count, language)})
                </Chip>
              );
            })}
          </Group>
        </div>
      ))}
    </Stack>
  );
}

function filterInWords(name: string, value: string, language: Language): string {
  if (name === 'published_after' || name === 'published_before') return date(value, language);
  return name === 'language' ? languageName(value, language) : value;
}

function facetInWords(field: FacetField, value: string, language: Language): string {
  if (field === 'month') return month(value, language);
  return field === 'language' ? languageName(value, language) : value;
}

/** The filters that a value of a facet stands for. */
export function narrowing(field: FacetField, value: string | null): Filters {
  if (value === null) return {};
  if (field !== 'month') return { [field]: value };
  const [year, month] = value.split('-').map(Number) as [number, number];
  return { published_after: new Date(Date.UTC(year, month - 1)).toISOString(), published_before: new Date(Date.UTC(year, month)).toISOString() };
}
