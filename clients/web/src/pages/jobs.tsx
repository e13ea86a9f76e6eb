import { type Job, JobKind, JobState } from '@content-creator/client';
import { Anchor, Button, Group, Paper, Progress, Select, Text } from '@mantine/core';
import { useMemo } from 'react';
import { defined, useFilters, usePaging } from '../address';
import { duration } from '../format';
import { useLanguage } from '../language';
import { JobBadge } from '../parts/badges';
import { Empty } from '../parts/empty';
import { pageUnreadable, resultInWords } from '../parts/explanations';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useAction, useRead } from '../queries';
import { api } from '../session';

export function Jobs() {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const columns = useColumns();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, kind: filters['kind'] as JobKind | undefined, state: filters['state'] as JobState | undefined };
  const jobs = useRead(['jobs', 'list', query], (signal) => api.jobs.list({ query: defined(query), signal }));
  return (
    <Page
      title={t.nav.jobs}
      about={t.jobs.about}
      actions={
        <Button component="a" href="/monitor/" target="_blank" rel="noopener" variant="default">
          {t.jobs.monitor}
        </Button>
      }
    >
      <Paper withBorder p="md">
        <Group>
          <Select
            label={t.jobs.kind}
            placeholder={t.common.all}
            clearable
            clearButtonProps={{ 'aria-label': t.common.clear }}
            data={Object.values(JobKind).map((value) => ({ value, label: t.jobKind[value] }))}
            value={filters['kind'] ?? null}
            onChange={(kind) => change({ kind: kind ?? undefined })}
          />
          <Select
            label={t.jobs.state}
            placeholder={t.common.all}
            clearable
            clearButtonProps={{ 'aria-label': t.common.clear }}
            data={Object.values(JobState).map((value) => ({ value, label: t.jobState[value] }))}
            value={filters['state'] ?? null}
            onChange={(state) => change({ state: state ?? undefined })}
          />
        </Group>
      </Paper>
      <Loaded query={jobs} lines={8}>
        {(list) => (
          <DataTable
            label={t.nav.jobs}
            page={list}
            columns={columns}
            turn={turn}
            busy={jobs.isPlaceholderData}
            empty={<Empty title={t.jobs.none}>{t.jobs.noneCure}</Empty>}
          />
        )}
      </Loaded>
    </Page>
  );
}

function useColumns(): Column<Job>[] {
  const { t, language } = useLanguage();
  return useMemo(
    () => [
      {
        name: t.jobs.kind,
        cell: (job) => (
          <>
            <Text size="sm" fw={600}>
              {t.jobKind[job.kind]}
            </Text>
            <Subject job={job} />
          </>
        ),
      },
      { name: t.jobs.state, cell: ({ state }) => <JobBadge state={state} /> },
      { name: t.jobs.progress, cell: (job) => <Outcome job={job} />, width: '40%' },
      { name: t.common.created, cell: ({ created_at }) => <Time at={created_at} /> },
      {
        name: t.jobs.took,
        numeric: true,
        cell: ({ started_at, finished_at }) =>
          duration(started_at && finished_at ? new Date(finished_at).getTime() - new Date(started_at).getTime() : null, language),
      },
      { name: t.common.actions, cell: (job) => <JobActions job={job} /> },
    ],
    [t, language],
  );
}

function Subject({ job: { id, subject } }: { job: Job }) {
  const { t } = useLanguage();
  if (!subject) {
    return (
      <Text size="xs" c="dimmed">
        #{id}
      </Text>
    );
  }
  return (
    <Anchor component={To} to={`/${subject.type}s/${subject.id}`} size="xs">
      #{id} · {t.jobs.subject[subject.type]}
    </Anchor>
  );
}

function Outcome({ job }: { job: Job }) {
  const { t, language } = useLanguage();
  if (job.state === 'running') {
    return (
      <>
        <Progress value={job.progress.percent} animated aria-label={t.jobs.progressOf(t.jobKind[job.kind])} />
        <Text size="xs" c="dimmed" lang="en">
          {job.progress.message}
        </Text>
      </>
    );
  }
  if (job.state === 'succeeded') {
    const result = resultInWords(job, { t, language });
    if (!result) return null;
    return result.to ? (
      <Anchor component={To} to={result.to} size="sm">
        {result.said}
      </Anchor>
    ) : (
      <Text size="sm">{result.said}</Text>
    );
  }
  return (
    <>
      <Text size="sm" c={job.error ? 'red' : 'dimmed'} lang="en" lineClamp={3}>
        {job.state === 'failed' || job.state === 'queued' ? job.error?.message : job.progress.message}
      </Text>
      {job.state === 'queued' && job.error && (
        <Text size="xs" c="dimmed">
          {t.jobs.triesAgain(job.attempt, job.max_attempts)} <Time at={job.scheduled_at} />
        </Text>
      )}
    </>
  );
}

function JobActions({ job }: { job: Job }) {
  const { t } = useLanguage();
  const options = { stale: [['jobs']] };
  const cancel = useAction(() => api.jobs.cancel({ path: { job_id: job.id } }), options);
  const retry = useAction(() => api.jobs.retry({ path: { job_id: job.id } }), options);
  const name = `${t.jobKind[job.kind]} #${job.id}`;
  if (job.finished_at === null) {
    return (
      <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(undefined)} aria-label={`${t.common.cancel}: ${name}`}>
        {t.common.cancel}
      </Button>
    );
  }
  if (job.state === 'succeeded' && !pageUnreadable(job)) return null;
  return (
    <Button size="compact-sm" variant="default" loading={retry.isPending} onClick={() => retry.mutate(undefined)} aria-label={`${t.jobs.retry}: ${name}`}>
      {t.jobs.retry}
    </Button>
  );
}
