/** A job as it goes on: how far it is, in the server's words, until it has finished. */
import type { Job } from '@content-creator/client';
import { Alert, Button, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTexts } from '../language';
import { useJob } from '../live';
import { useAction } from '../queries';
import { api } from '../session';
import { JobBadge } from './badges';
import { Failure } from './failure';

interface Props {
  id: string;
  /** Whether it was begun just now: what comes of it is brought into sight, also below a form that fills a phone. */
  follow?: boolean;
  /** Called once when the job has ended. */
  ended?: (job: Job) => void;
  children?: (job: Job) => ReactNode;
}

export function JobProgress({ follow = false, ...props }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const { data: job } = useJob(props.id);
  const state = job?.state;
  useEffect(() => {
    if (follow && state) place.current?.scrollIntoView({ block: state === 'succeeded' ? 'start' : 'nearest' });
  }, [follow, state]);
  return (
    <div ref={place} className="followed">
      <Progressed {...props} />
    </div>
  );
}

function Progressed({ id, ended, children }: Props) {
  const t = useTexts();
  const { data: job, error } = useJob(id);
  const told = useRef(false);
  useEffect(() => {
    if (!job?.finished_at || told.current) return;
    told.current = true;
    ended?.(job);
  }, [job, ended]);
  if (!job) return error ? <Failure error={error} /> : <Text size="sm">{t.common.loading}</Text>;
  if (job.state === 'failed') {
    return (
      <Alert color="red" title={t.jobs.hasFailed(t.jobKind[job.kind])} role="alert">
        {job.error?.message}
      </Alert>
    );
  }
  if (job.state === 'succeeded') return children?.(job) ?? null;
  return <Running job={job} />;
}

function Running({ job }: { job: Job }) {
  const t = useTexts();
  const cancel = useAction((id: string) => api.jobs.cancel({ path: { job_id: id } }), { stale: [['jobs']] });
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="xs">
            <Text fw={600}>{t.jobKind[job.kind]}</Text>
            <JobBadge state={job.state} />
          </Group>
          {job.finished_at === null && (
            <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(job.id)}>
              {t.common.cancel}
            </Button>
          )}
        </Group>
        <Progress value={job.progress.percent} animated={job.state === 'running'} aria-label={t.jobs.progressOf(t.jobKind[job.kind])} />
        <Text size="sm" c="dimmed" aria-live="polite" lang="en">
          {job.progress.message || t.jobState[job.state]}
        </Text>
      </Stack>
    </Paper>
  );
}
