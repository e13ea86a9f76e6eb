import type { SerpSnapshot } from '@content-creator/client';
import { Anchor, Button, Group, NumberInput, Paper, Stack, Tabs, Text, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { defined, useFilters, usePaging, useTab, useTypedFilter } from '../address';
import { number } from '../format';
import { useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { JobProgress } from '../parts/job-progress';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { PlaceInput } from '../parts/place';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useAction, useRead } from '../queries';
import { api } from '../session';
import { Clusters } from './serp/clusters';

export function SerpSnapshots() {
  const { t } = useLanguage();
  const tab = useTab('results');
  return (
    <Page title={t.nav.serp} about={t.serp.about}>
      <Tabs {...tab} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="results">{t.serp.results}</Tabs.Tab>
          <Tabs.Tab value="clusters">{t.clusters.title}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="results">
          <Looked />
        </Tabs.Panel>
        <Tabs.Panel value="clusters">
          <Clusters />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Looked() {
  const [job, setJob] = useState<string | null>(null);
  const go = useNavigate();
  return (
    <Stack gap="lg">
      <Look begun={setJob} />
      {job && (
        <JobProgress key={job} id={job} ended={({ result }) => result?.['id'] !== undefined && void go({ to: `/serp/${String(result['id'])}` })} />
      )}
      <Snapshots />
    </Stack>
  );
}

function Look({ begun }: { begun: (job: string) => void }) {
  const { t, language } = useLanguage();
  const look = useAction(
    (form: FormData) => {
      const urls = String(form.get('urls')).split(/\s+/).filter(Boolean);
      return api.research.researchSerp({
        body: {
          query: String(form.get('query')),
          language: String(form.get('language')),
          count: Number(form.get('count')),
          ...(form.get('market') && { market: String(form.get('market')) }),
          ...(urls.length > 0 && { urls }),
        },
      });
    },
    { stale: [['jobs']], done: ({ data }) => begun(data.id) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    look.mutate(new FormData(event.currentTarget));
  };
  return (
    <Paper withBorder p="md" component="form" onSubmit={submit}>
      <Stack>
        <Group align="flex-end">
          <TextInput name="query" flex="3 1 16rem" label={t.serp.query} placeholder={t.serp.queryPlaceholder} required maxLength={300} />
          <PlaceInput of="language" name="language" w={110} defaultValue={language} required />
          <PlaceInput of="market" name="market" w={110} placeholder={t.common.all} />
          <NumberInput name="count" w={110} label={t.serp.count} min={1} max={10} defaultValue={10} />
        </Group>
        <Textarea name="urls" label={t.serp.urls} description={t.serp.urlsHelp} placeholder="https://" autosize minRows={2} maxRows={10} />
        <Group justify="flex-end">
          <Button type="submit" loading={look.isPending}>
            {t.serp.look}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

function Snapshots() {
  const { t, language } = useLanguage();
  const [filters] = useFilters();
  const search = useTypedFilter('query');
  const market = useTypedFilter('market');
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, query: filters['query'], market: filters['market'] };
  const snapshots = useRead(['research', 'serp', query], (signal) => api.research.listSerpSnapshots({ query: defined(query), signal }));
  const columns: Column<SerpSnapshot>[] = [
    {
      name: t.serp.query,
      cell: ({ id, query: asked, language: spoken, market }) => (
        <>
          <Anchor component={To} to={`/serp/${id}`} fw={600} lang={spoken}>
            {asked}
          </Anchor>
          <Text size="xs" c="dimmed">
            {[spoken, market].filter(Boolean).join(' · ')}
          </Text>
        </>
      ),
    },
    { name: t.serp.difficulty, numeric: true, cell: ({ difficulty }) => number(difficulty.score.value.value, language, 0) },
    { name: t.serp.results, numeric: true, cell: ({ results }) => number(results.length, language) },
    { name: t.serp.top, cell: ({ analysis }) => analysis.top_domains.join(', ') },
    { name: t.serp.from, cell: ({ source }) => (source === 'caller' ? t.serp.byHand : source) },
    { name: t.common.created, cell: ({ created_at }) => <Time at={created_at} /> },
  ];
  return (
    <>
      <Group align="flex-end">
        <TextInput
          w={260}
          label={t.serp.history}
          description={t.serp.historyHelp}
          {...search}
        />
        <PlaceInput of="market" w={110} {...market} />
      </Group>
      <Loaded query={snapshots} lines={6}>
        {(list) => (
          <DataTable
            label={t.nav.serp}
            page={list}
            columns={columns}
            turn={turn}
            busy={snapshots.isPlaceholderData}
            empty={<Empty title={t.serp.none}>{t.serp.noneCure}</Empty>}
          />
        )}
      </Loaded>
    </>
  );
}
