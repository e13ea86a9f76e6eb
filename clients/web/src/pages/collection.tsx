import { type Collection, type CollectionHealth, type Fetch, FetchOutcome } from '@content-creator/client';
import { Alert, Anchor, Badge, Button, Group, Paper, Select, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { defined, useFilters, usePaging } from '../address';
import { duration, number, percent } from '../format';
import { useLanguage } from '../language';
import { HealthBadge } from '../parts/badges';
import { ConfirmButton } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { errorInWords, healthInWords, pollInWords } from '../parts/explanations';
import { External } from '../parts/external';
import { AfterFirstDocuments } from '../parts/first-steps';
import { Facts } from '../parts/facts';
import { JobProgress } from '../parts/job-progress';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useAction, useRead, useVersioned, type Versioned } from '../queries';
import { api } from '../session';

export function CollectionPage() {
  const { t } = useLanguage();
  const { id } = useParams({ strict: false }) as { id: string };
  const collection = useVersioned(['collections', id, 'whole'], (signal) => api.collections.get({ path: { id }, signal }));
  return (
    <Page
      title={collection.data?.data.name ?? t.collection.one}
      back={{ to: '/collections', name: t.nav.collections }}
      about={collection.data && <About collection={collection.data.data} />}
      actions={collection.data && <Remove versioned={collection.data} />}
    >
      <Loaded query={collection} lines={8}>
        {(versioned) => (
          <Stack gap="lg">
            <AfterFirstDocuments />
            <Polling id={id} />
            <Edit key={edited(versioned.data)} versioned={versioned} />
            <Stack gap="sm">
              <Title order={2} size="h4">
                {t.collection.ledger}
              </Title>
              <Fetches id={id} />
            </Stack>
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function About({ collection }: { collection: Collection }) {
  const { t } = useLanguage();
  return (
    <Group gap="xs">
      <HealthBadge health={collection.health} />
      <Badge color="gray">{t.source[collection.type]}</Badge>
      {collection.url && (
        <Text size="sm">
          <External to={collection.url}>{collection.url}</External>
        </Text>
      )}
      <Anchor component={To} to="/documents" search={{ collection_id: collection.id }} size="sm">
        {t.collection.itsDocuments(collection.documents_count)}
      </Anchor>
    </Group>
  );
}

function Remove({ versioned: { data, etag } }: { versioned: Versioned<Collection> }) {
  const { t } = useLanguage();
  const go = useNavigate();
  const remove = useAction(() => api.collections.delete({ path: { id: data.id }, headers: { 'If-Match': etag } }), {
    done: () => {
      void go({ to: '/collections' });
      return t.collection.removed;
    },
  });
  return <ConfirmButton label={t.collection.remove} question={t.collection.removeQuestion} busy={remove.isPending} act={() => remove.mutate(undefined)} />;
}

function Polling({ id }: { id: string }) {
  const { t } = useLanguage();
  const [job, setJob] = useState<string | null>(null);
  const health = useRead(['collections', id, 'health'], (signal) => api.collections.getHealth({ path: { id }, signal }));
  const poll = useAction(() => api.collections.poll({ path: { id } }), {
    stale: [['jobs']],
    done: ({ data }) => setJob(data.id),
  });
  return (
    <Paper withBorder p="md">
      <Stack>
        <Group justify="space-between">
          <Title order={2} size="h4">
            {t.collections.health}
          </Title>
          <Button size="xs" loading={poll.isPending} onClick={() => poll.mutate(undefined)}>
            {t.collection.pollNow}
          </Button>
        </Group>
        {job && (
          <JobProgress key={job} id={job}>
            {(done) => <Alert color="teal">{t.collection.polled(t.outcome[done.result?.['outcome'] as FetchOutcome])}</Alert>}
          </JobProgress>
        )}
        <Loaded query={health}>{(known) => <Health health={known} />}</Loaded>
      </Stack>
    </Paper>
  );
}

function Health({ health }: { health: CollectionHealth }) {
  const { t, language } = useLanguage();
  return (
    <Stack>
      <Text>{healthInWords(health, { t, language })}</Text>
      {health.last_error && (
        <Alert color="red" title={t.collection.lastError}>
          {sentence(errorInWords(health.last_error, t))} (<Time at={health.last_error.at} />)
          <Text size="xs" lang="en">
            {health.last_error.message}
          </Text>
        </Alert>
      )}
      <Facts
        facts={[
          [t.collection.successRate, percent(health.success_rate, language)],
          [t.collection.inARow, number(health.consecutive_failures, language)],
          [t.nav.documents, `${number(health.documents_count, language)} (${t.collection.today(health.documents_last_24h)})`],
          [t.collections.lastPoll, <Time at={health.last_polled_at} />],
          [t.collection.lastSuccess, <Time at={health.last_success_at} />],
          [t.collections.nextPoll, <Time at={health.next_poll_at} />],
        ]}
      />
      {health.next_poll_why.length > 0 && (
        <Text size="sm" c="dimmed">
          {t.collection.whyThen}: {pollInWords(health.next_poll_why, { t, language })}.
        </Text>
      )}
    </Stack>
  );
}

/** What stands in the form: only that begins it anew. A poll must not take away what is being typed. */
function edited({ name, url, category, fetch_articles, enabled }: Collection): string {
  return JSON.stringify([name, url, category, fetch_articles, enabled]);
}

function Edit({ versioned: { data: collection, etag } }: { versioned: Versioned<Collection> }) {
  const { t } = useLanguage();
  const save = useAction(
    (form: FormData) =>
      api.collections.update({
        path: { id: collection.id },
        headers: { 'If-Match': etag },
        body: {
          name: String(form.get('name')),
          category: String(form.get('category')) || null,
          enabled: form.get('enabled') !== null,
          fetch_articles: String(form.get('fetch_articles')) as Collection['fetch_articles'],
          ...(collection.url !== null && { url: String(form.get('url')) }),
        },
      }),
    { stale: [['collections']], done: () => t.common.saved },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(new FormData(event.currentTarget));
  };
  return (
    <Paper withBorder p="md" component="form" onSubmit={submit}>
      <Stack>
        <Title order={2} size="h4">
          {t.collection.settings}
        </Title>
        <Group align="flex-end">
          <TextInput name="name" flex="1 1 12rem" label={t.common.name} defaultValue={collection.name} required />
          {collection.url !== null && <TextInput name="url" flex="2 1 16rem" label={t.add.address} defaultValue={collection.url} required />}
          <TextInput name="category" flex="1 1 8rem" label={t.collection.category} defaultValue={collection.category ?? ''} />
          <Select
            name="fetch_articles"
            label={t.collection.fetchArticles}
            w={230}
            allowDeselect={false}
            defaultValue={collection.fetch_articles}
            data={(['auto', 'always', 'never'] as const).map((value) => ({ value, label: t.fetchArticles[value] }))}
          />
        </Group>
        <Group justify="space-between">
          <Switch name="enabled" label={t.collection.enabled} defaultChecked={collection.enabled} />
          <Button type="submit" variant="default" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

function Fetches({ id }: { id: string }) {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const columns = useColumns();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, outcome: filters['outcome'] as FetchOutcome | undefined };
  const fetches = useRead(['collections', id, 'fetches', query], (signal) =>
    api.collections.listFetches({ path: { id }, query: defined(query), signal }),
  );
  return (
    <>
      <Select
        w={220}
        label={t.collection.outcome}
        placeholder={t.common.all}
        clearable
        clearButtonProps={{ 'aria-label': t.common.clear }}
        data={Object.values(FetchOutcome).map((value) => ({ value, label: t.outcome[value] }))}
        value={filters['outcome'] ?? null}
        onChange={(outcome) => change({ outcome: outcome ?? undefined })}
      />
      <Loaded query={fetches}>
        {(list) => (
          <DataTable
            label={t.collection.ledger}
            page={list}
            columns={columns}
            turn={turn}
            busy={fetches.isPlaceholderData}
            empty={<Empty title={t.collection.noFetches}>{t.collection.noFetchesCure}</Empty>}
          />
        )}
      </Loaded>
    </>
  );
}

function useColumns(): Column<Fetch>[] {
  const { t, language } = useLanguage();
  return [
    { name: t.collection.when, cell: ({ started_at }) => <Time at={started_at} /> },
    {
      name: t.collection.outcome,
      cell: ({ outcome, error_code, error_message, fault, status }) => (
        <>
          <Badge color={outcome === 'failed' ? 'red' : outcome === 'network_down' ? 'gray' : 'green'}>{t.outcome[outcome]}</Badge>{' '}
          <Text component="span" size="xs" c="dimmed">
            {status && `HTTP ${status}`}
          </Text>
          {error_code && error_message && <Text size="xs">{sentence(errorInWords({ code: error_code, message: error_message }, t))}</Text>}
          {(error_message ?? fault) && (
            <Text size="xs" lang="en">
              {error_message ?? fault}
            </Text>
          )}
        </>
      ),
    },
    {
      name: t.nav.documents,
      numeric: true,
      cell: ({ documents_added, documents_updated }) => t.jobs.results.documents(documents_added, documents_updated) || number(0, language),
    },
    { name: t.jobs.took, numeric: true, cell: ({ duration_ms }) => duration(duration_ms, language) },
    {
      name: t.collections.nextPoll,
      cell: ({ next_poll_at, next_poll_why }) => (
        <>
          <Time at={next_poll_at} />
          <Text size="xs" c="dimmed">
            {pollInWords(next_poll_why, { t, language })}
          </Text>
        </>
      ),
    },
  ];
}

/** Words that follow a colon elsewhere, as a sentence of their own. */
function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
