import { type ResearchRun, ResearchStatus } from '@content-creator/client';
import { Anchor, Group, Paper, Select, Stack, Textarea, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { defined, useDialog, useFilters, usePaging } from '../address';
import { money } from '../format';
import { useLanguage } from '../language';
import { RunBadge } from '../parts/badges';
import { BudgetForm } from '../parts/budget';
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

export function Research() {
  const { t } = useLanguage();
  const [job, setJob] = useState<string | null>(null);
  const go = useNavigate();
  return (
    <Page title={t.nav.research} about={t.research.about}>
      <Ask begun={setJob} />
      {job && (
        <JobProgress
          key={job}
          id={job}
          ended={(ended) => {
            const run = ended.result?.['run_id'];
            if (run) void go({ to: `/research/${run}` });
          }}
        />
      )}
      <Stack gap="sm">
        <Title order={2} size="h4">
          {t.research.runs}
        </Title>
        <RunTable />
      </Stack>
    </Page>
  );
}

function Ask({ begun }: { begun: (job: string) => void }) {
  const { t, language } = useLanguage();
  const [asking] = useDialog('ask');
  const ask = useAction(
    ({ form, ...budget }: Parameters<Parameters<typeof BudgetForm>[0]['submit']>[0] & { form: FormData }) =>
      api.research.researchQuestion({
        body: {
          ...budget,
          question: String(form.get('question')),
          language: String(form.get('language')),
          ...defined({ market: String(form.get('market')), domain: String(form.get('domain')) }),
        },
      }),
    { stale: [['jobs'], ['research']], done: ({ data }) => begun(data.id) },
  );
  return (
    <Paper withBorder p="md">
      <BudgetForm label={t.research.ask} busy={ask.isPending} submit={(budget, form) => ask.mutate({ ...budget, form })}>
        <Textarea name="question" label={t.research.question} placeholder={t.research.questionPlaceholder} required minLength={3} autosize minRows={2} key={String(asking)} autoFocus={asking} />
        <Group>
          <PlaceInput of="language" name="language" defaultValue={language} required w={120} />
          <PlaceInput of="market" name="market" placeholder={t.common.all} w={120} />
          <PlaceInput of="domain" name="domain" placeholder={t.common.all} w={160} />
        </Group>
      </BudgetForm>
    </Paper>
  );
}

function RunTable() {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, status: filters['status'] as ResearchStatus | undefined };
  const runs = useRead(['research', 'runs', query], (signal) => api.research.listRuns({ query: defined(query), signal }));
  const columns: Column<ResearchRun>[] = [
    {
      name: t.research.question,
      cell: (run) => (
        <Anchor component={To} to={`/research/${run.id}`} lang={run.language}>
          {run.question}
        </Anchor>
      ),
    },
    { name: t.topics.status, cell: ({ status }) => <RunBadge status={status} /> },
    { name: t.research.claims, numeric: true, cell: ({ claims }) => claims.supported + claims.partly },
    { name: t.research.cost, numeric: true, cell: ({ cost }) => money(cost.known_usd, language) },
    { name: t.common.created, cell: ({ created_at }) => <Time at={created_at} /> },
  ];
  return (
    <>
      <Select
        w={200}
        label={t.topics.status}
        placeholder={t.common.all}
        clearable
        clearButtonProps={{ 'aria-label': t.common.clear }}
        data={Object.values(ResearchStatus).map((value) => ({ value, label: t.runStatus[value] }))}
        value={filters['status'] ?? null}
        onChange={(status) => change({ status: status ?? undefined })}
      />
      <Loaded query={runs}>
        {(list) => (
          <DataTable
            label={t.research.runs}
            page={list}
            columns={columns}
            turn={turn}
            busy={runs.isPlaceholderData}
            empty={<Empty title={t.research.noRuns}>{t.research.noRunsCure}</Empty>}
          />
        )}
      </Loaded>
    </>
  );
}
