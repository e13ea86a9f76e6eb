import type { ResearchRun, ResearchSource, ResearchStep } from '@content-creator/client';
import { Badge, Button, Paper, Stack, Tabs, Text, Timeline } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { defined, useTab } from '../address';
import { duration, number } from '../format';
import { useLanguage } from '../language';
import { External } from '../parts/external';
import { JobProgress } from '../parts/job-progress';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { RunReport } from '../parts/report';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { useAction, useRead } from '../queries';
import { api } from '../session';
import { Changes } from './run/changes';

export function RunPage() {
  const { t } = useLanguage();
  const { id } = useParams({ strict: false }) as { id: string };
  const run = useRead(['research', 'run', id], (signal) => api.research.getRun({ path: { id }, signal }));
  return (
    <Page
      title={run.data?.question ?? t.research.run}
      back={{ to: '/research', name: t.nav.research }}
      actions={run.data?.report && <Again run={run.data} />}
    >
      <Loaded query={run} lines={8}>
        {(found) => <Sections run={found} reread={() => void run.refetch()} />}
      </Loaded>
    </Page>
  );
}

/** Researches the same question anew, and shows what has changed since. */
function Again({ run }: { run: ResearchRun }) {
  const { t } = useLanguage();
  const go = useNavigate();
  const [job, setJob] = useState<string | null>(null);
  const again = useAction(
    () => {
      const body = { question: run.question, depth: run.depth, scope: run.scope, output_language: run.output_language, max_age_hours: 0 };
      if (run.topic_id !== null) return api.topics.research({ path: { id: run.topic_id }, body });
      return api.research.researchQuestion({ body: { ...body, language: run.language, ...defined({ market: run.market, domain: run.domain }) } });
    },
    { stale: [['jobs'], ['research']], done: ({ data }) => setJob(data.id) },
  );
  return (
    <>
      <Button variant="default" loading={again.isPending} onClick={() => again.mutate(undefined)}>
        {t.research.again}
      </Button>
      {job && (
        <JobProgress
          key={job}
          id={job}
          ended={({ state, result }) => {
            if (state === 'succeeded') void go({ to: `/research/${String(result?.['run_id'])}`, search: { tab: 'changes', against: run.id } as never });
          }}
        />
      )}
    </>
  );
}

function Sections({ run, reread }: { run: ResearchRun; reread: () => void }) {
  const { t } = useLanguage();
  const tab = useTab('report');
  return (
    <Stack>
      {run.finished_at === null && <JobProgress id={run.job_id} ended={reread} />}
      <Tabs {...tab} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="report">{t.research.report}</Tabs.Tab>
          <Tabs.Tab value="sources">{t.research.sources}</Tabs.Tab>
          <Tabs.Tab value="steps">{t.research.steps}</Tabs.Tab>
          <Tabs.Tab value="changes">{t.changes.title}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="report">
          <RunReport run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="sources">
          <Sources id={run.id} />
        </Tabs.Panel>
        <Tabs.Panel value="steps">
          <Steps id={run.id} />
        </Tabs.Panel>
        <Tabs.Panel value="changes">
          <Changes run={run} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Sources({ id }: { id: string }) {
  const { t, language } = useLanguage();
  const sources = useRead(['research', id, 'sources'], (signal) => api.research.listSources({ path: { id }, query: { page_size: 100 }, signal }));
  const columns: Column<ResearchSource & { id: string }>[] = [
    { name: '#', cell: ({ position }) => position, width: 1 },
    {
      name: t.research.source,
      cell: ({ url, title, error, copy_of }) => (
        <>
          <External to={url}>{title || url}</External>
          {error && (
            <Text size="xs" c="dimmed" lang="en">
              {error.message}
            </Text>
          )}
          {copy_of !== null && <Badge color="gray">{t.research.copyOf(copy_of)}</Badge>}
        </>
      ),
    },
    { name: t.research.foundBy, cell: ({ found_by }) => found_by.map((name) => ({ ...t.settings.serviceName, ...t.foundBy })[name] ?? name).join(', ') },
    { name: t.score.score, numeric: true, cell: ({ score }) => number(score, language, 3) },
    { name: t.documents.published, cell: ({ published_at }) => <Time at={published_at} /> },
  ];
  return (
    <Loaded query={sources}>
      {(list) => (
        <DataTable
          label={t.research.sources}
          page={{ ...list, items: list.items.map((source) => ({ ...source, id: String(source.position) })) }}
          columns={columns}
          empty={
            <Text p="md" c="dimmed">
              {t.research.noSources}
            </Text>
          }
        />
      )}
    </Loaded>
  );
}

function Steps({ id }: { id: string }) {
  const steps = useRead(['research', id, 'steps'], (signal) => api.research.listSteps({ path: { id }, query: { page_size: 100 }, signal }));
  return (
    <Loaded query={steps}>
      {({ items }) => (
        <Paper withBorder p="lg">
          <Timeline active={items.length} bulletSize={14} lineWidth={2}>
            {items.map((step) => (
              <Step key={step.key} step={step} />
            ))}
          </Timeline>
        </Paper>
      )}
    </Loaded>
  );
}

function Step({ step }: { step: ResearchStep }) {
  const { t, language } = useLanguage();
  const took = step.finished_at ? new Date(step.finished_at).getTime() - new Date(step.started_at).getTime() : null;
  return (
    <Timeline.Item title={t.stage[step.stage]}>
      <Text size="sm" lang="en">
        {step.message}
      </Text>
      <Text size="xs" c="dimmed">
        {t.stepState[step.state]} · {duration(took, language)}
      </Text>
      {step.error && (
        <Text size="xs" c="red" lang="en">
          {step.error}
        </Text>
      )}
    </Timeline.Item>
  );
}
