import { type TopicSort, TopicSource, TopicStatus, type TopicSummary } from '@content-creator/client';
import { Anchor, Button, Group, Menu, MultiSelect, NumberInput, Paper, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPlus, IconSearch, IconSparkles } from '@tabler/icons-react';
import { Suspense, useMemo, useState } from 'react';
import { defined, useDialog, useFilters, usePaging, useTypedFilter } from '../address';
import { number, percent } from '../format';
import { useLanguage } from '../language';
import { TopicBadge } from '../parts/badges';
import { ConfirmButton } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { FilterBar } from '../parts/filter-bar';
import { lazily } from '../parts/lazily';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { PlaceInput } from '../parts/place';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useAction, useRead } from '../queries';
import { api } from '../session';

const CreateTopic = lazily(async () => (await import('./topic/create')).CreateTopic);
const DiscoverTopics = lazily(async () => (await import('./topic/discover')).DiscoverTopics);

export function Topics() {
  const { t } = useLanguage();
  const [creating, create] = useDialog('create');
  const [discovering, discover] = useDialog('discover');
  return (
    <Page
      title={t.nav.topics}
      about={t.topics.about}
      actions={
        <>
          <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={create.open}>
            {t.topics.create}
          </Button>
          <Button leftSection={<IconSparkles size={16} aria-hidden />} onClick={discover.open}>
            {t.topics.discover}
          </Button>
        </>
      }
    >
      <TopicFilters />
      <TopicTable discover={discover.open} />
      <Suspense>
        {creating && <CreateTopic opened onClose={create.close} />}
        {discovering && <DiscoverTopics opened onClose={discover.close} />}
      </Suspense>
    </Page>
  );
}

function TopicFilters() {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const later = useDebouncedCallback(change, 300);
  const search = useTypedFilter('search', { sort: undefined });
  const market = useTypedFilter('market');
  const domain = useTypedFilter('domain');
  return (
    <Paper withBorder p="md">
      <FilterBar>
        <TextInput
          flex="2 1 14rem"
          label={t.common.search}
          leftSection={<IconSearch size={16} aria-hidden />}
          {...search}
        />
        <MultiSelect
          flex="1 1 12rem"
          label={t.topics.status}
          placeholder={filters['status'] ? undefined : t.common.all}
          data={Object.values(TopicStatus).map((value) => ({ value, label: t.topicStatus[value] }))}
          value={filters['status']?.split(',') ?? []}
          onChange={(chosen) => change({ status: chosen.join(',') })}
        />
        <Select
          flex="1 1 9rem"
          label={t.topics.source}
          placeholder={t.common.all}
          clearable
          clearButtonProps={{ 'aria-label': t.common.clear }}
          data={Object.values(TopicSource).map((value) => ({ value, label: t.source[value] }))}
          value={filters['source'] ?? null}
          onChange={(source) => change({ source: source ?? undefined })}
        />
        <PlaceInput of="market" w={110} {...market} />
        <PlaceInput of="domain" w={140} {...domain} />
        <NumberInput
          w={120}
          label={t.topics.minPriority}
          min={1}
          max={10}
          value={filters['min_priority'] ?? ''}
          onChange={(value) => later({ min_priority: String(value) })}
        />
      </FilterBar>
    </Paper>
  );
}

function TopicTable({ discover }: { discover: () => void }) {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const columns = useColumns();
  const { page, page_size, turn } = usePaging();
  const [selected, setSelected] = useState<string[]>([]);
  const query = {
    page,
    page_size,
    search: filters['search'],
    domain: filters['domain'],
    market: filters['market'],
    source: filters['source'] as TopicSource | undefined,
    status: filters['status']?.split(',') as TopicStatus[] | undefined,
    min_priority: filters['min_priority'] ? Number(filters['min_priority']) : undefined,
    sort: filters['sort'] as TopicSort | undefined,
  };
  // What is no longer in the list must not be changed or deleted with it; another page of it may.
  const asked = JSON.stringify({ ...query, page: undefined, page_size: undefined });
  const [selectedOf, setSelectedOf] = useState(asked);
  if (selectedOf !== asked) {
    setSelectedOf(asked);
    setSelected([]);
  }
  const topics = useRead(['topics', 'list', query], (signal) => api.topics.list({ query: defined(query), signal }));
  return (
    <>
      {selected.length > 0 && <Bulk ids={selected} done={() => setSelected([])} />}
      <Loaded query={topics} lines={8}>
        {(list) => (
          <DataTable
            label={t.nav.topics}
            page={list}
            busy={topics.isPlaceholderData}
            columns={columns}
            turn={turn}
            sort={filters['sort'] ?? (filters['search'] ? 'relevance' : '-discovered_at')}
            onSort={(sort) => change({ sort })}
            selected={selected}
            onSelect={setSelected}
            nameOf={({ title }) => title}
            empty={
              <Empty title={t.topics.none} action={<Button onClick={discover}>{t.topics.discover}</Button>}>
                {t.topics.noneCure}
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}

function useColumns(): Column<TopicSummary>[] {
  const { t, language } = useLanguage();
  return useMemo(
    () => [
      {
        name: t.common.title,
        sorts: ['title'],
        cell: ({ id, title, domain, market, language: spoken }) => (
          <>
            <Anchor component={To} to={`/topics/${id}`} fw={600} lang={spoken}>
              {title}
            </Anchor>
            <Text size="xs" c="dimmed">
              {domain} · {market} · {spoken}
            </Text>
          </>
        ),
      },
      { name: t.topics.status, cell: ({ status }) => <TopicBadge status={status} /> },
      { name: t.topics.score, sorts: ['-score'], numeric: true, cell: ({ score }) => percent(score, language) },
      { name: t.topics.priority, sorts: ['-priority'], numeric: true, cell: ({ priority }) => priority },
      { name: t.topics.trending, numeric: true, known: ({ trending_score }) => trending_score !== null, cell: ({ trending_score }) => number(trending_score, language) },
      { name: t.drafts.score, numeric: true, known: ({ content_score }) => content_score !== null, cell: ({ content_score }) => number(content_score, language, 0) },
      { name: t.topics.source, cell: ({ source }) => t.source[source] },
      {
        name: t.topics.discovered,
        sorts: ['-discovered_at', 'discovered_at'],
        cell: ({ discovered_at }) => <Time at={discovered_at} />,
      },
    ],
    [t, language],
  );
}

function Bulk({ ids, done }: { ids: string[]; done: () => void }) {
  const { t } = useLanguage();
  const stale = [['topics']];
  const each = async (act: (id: string) => Promise<unknown>): Promise<string> => {
    const outcomes = await Promise.allSettled(ids.map(act));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    done();
    if (refused.length === outcomes.length) throw refused[0]!.reason;
    return t.topics.bulkDone(outcomes.length - refused.length, refused.length);
  };
  const move = useAction((status: TopicStatus) => each((id) => api.topics.update({ path: { id }, body: { status } })), {
    stale,
    done: (told) => told,
  });
  const remove = useAction(() => each((id) => api.topics.delete({ path: { id } })), { stale, done: (told) => told });
  return (
    <Paper withBorder p="sm" role="region" aria-label={t.topics.bulk}>
      <Group>
        <Text fw={600}>{t.common.selected(ids.length)}</Text>
        <Menu>
          <Menu.Target>
            <Button variant="default" loading={move.isPending}>
              {t.topics.setStatus}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {Object.values(TopicStatus).map((status) => (
              <Menu.Item key={status} onClick={() => move.mutate(status)}>
                {t.topicStatus[status]}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <ConfirmButton label={t.common.delete} question={t.topics.deleteMany(ids.length)} busy={remove.isPending} act={() => remove.mutate(undefined)} />
      </Group>
    </Paper>
  );
}
