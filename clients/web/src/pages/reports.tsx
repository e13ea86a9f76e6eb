import type { CompetitorResearch, Job, KeywordResearch, ResearchReport } from '@content-creator/client';
import { Anchor, Button, Group, NumberInput, Paper, SegmentedControl, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { defined, useFilters, usePaging } from '../address';
import { useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { Figure } from '../parts/figure';
import { JobProgress } from '../parts/job-progress';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { PlaceInput } from '../parts/place';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useAction, useRead } from '../queries';
import { api } from '../session';

type Kind = ResearchReport['kind'];
const KINDS: Kind[] = ['keyword', 'competitor'];

export function Reports() {
  const { t } = useLanguage();
  const [job, setJob] = useState<string | null>(null);
  const go = useNavigate();
  const open = ({ result }: Job) => result?.['id'] !== undefined && void go({ to: `/reports/${String(result['id'])}` });
  return (
    <Page title={t.nav.reports} about={t.reports.about}>
      <Ask begun={setJob} />
      {job ? <JobProgress key={job} id={job} ended={open} /> : <Running />}
      <ReportTable />
    </Page>
  );
}

function Ask({ begun }: { begun: (job: string) => void }) {
  const { t, language } = useLanguage();
  const [kind, setKind] = useState<Kind>('keyword');
  const [own, setOwn] = useState<string[]>([]);
  const ask = useAction(
    (form: FormData) => {
      const body = {
        subject: String(form.get('subject')),
        language: String(form.get('language')),
        ...(form.get('market') && { market: String(form.get('market')) }),
      };
      const most = String(form.get('max_cost_usd'));
      if (kind === 'keyword') return api.research.researchKeyword({ body: { ...body, ...(most && { max_cost_usd: Number(most) }) } });
      return api.research.researchCompetitor({ body: { ...body, ...(own.length > 0 && { own_sites: own }) } });
    },
    { stale: [['jobs']], done: ({ data }) => begun(data.id) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    ask.mutate(new FormData(event.currentTarget));
  };
  return (
    <Paper withBorder p="md" component="form" onSubmit={submit}>
      <Stack>
        <SegmentedControl
          w="fit-content"
          aria-label={t.reports.kind}
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={KINDS.map((value) => ({ value, label: t.reportKind[value] }))}
        />
        <Group align="flex-end">
          <TextInput name="subject" flex="3 1 16rem" label={t.reports.subject} placeholder={t.reports.subjectPlaceholder} required minLength={2} maxLength={300} />
          <PlaceInput of="language" name="language" w={110} defaultValue={language} required />
          <PlaceInput of="market" name="market" w={110} placeholder={t.common.all} />
          {kind === 'keyword' && (
            <NumberInput name="max_cost_usd" w={170} label={t.research.maxCost} description={t.reports.costHelp} placeholder={t.research.noLimit} min={0} step={0.1} decimalScale={4} />
          )}
          <Button type="submit" loading={ask.isPending}>
            {t.reports.begin}
          </Button>
        </Group>
        {kind === 'competitor' && (
          <TagsInput label={t.competitors.own} description={t.competitors.ownHelp} placeholder="example.com" value={own} onChange={setOwn} maxTags={20} />
        )}
      </Stack>
    </Paper>
  );
}

/** Research of this kind that somebody else has begun, or that began before the page was opened. */
function Running() {
  const jobs = useRead(['jobs', 'reports'], async (signal) => {
    const asked = (['research_keyword', 'research_competitor'] as const).flatMap((kind) =>
      (['running', 'queued'] as const).map((state) => api.jobs.list({ query: { kind, state, page_size: 5 }, signal })),
    );
    const answers = await Promise.all(asked);
    return { data: answers.flatMap(({ data }) => data.items), response: answers[0]!.response };
  });
  return jobs.data?.map(({ id }) => <JobProgress key={id} id={id} />);
}

function ReportTable() {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, kind: filters['kind'] as Kind | undefined };
  const reports = useRead(['research', 'reports', query], (signal) => api.research.listReports({ query: defined(query), signal }));
  const columns: Column<ResearchReport>[] = [
    {
      name: t.reports.subject,
      cell: (report) => (
        <Anchor component={To} to={`/reports/${report.id}`} fw={600}>
          {subjectOf(report)}
        </Anchor>
      ),
    },
    { name: t.reports.kind, cell: ({ kind }) => t.reportKind[kind] },
    { name: t.nav.documents, numeric: true, cell: ({ result }) => <Figure figure={result.documents} /> },
    {
      name: t.topic.one,
      cell: ({ topic_id }) =>
        topic_id && (
          <Anchor component={To} to={`/topics/${topic_id}`} size="sm">
            {t.reports.ofTopic}
          </Anchor>
        ),
    },
    { name: t.common.created, cell: ({ created_at }) => <Time at={created_at} /> },
  ];
  return (
    <>
      <Select
        w={220}
        label={t.reports.kind}
        placeholder={t.common.all}
        clearable
        clearButtonProps={{ 'aria-label': t.common.clear }}
        data={KINDS.map((value) => ({ value, label: t.reportKind[value] }))}
        value={filters['kind'] ?? null}
        onChange={(kind) => change({ kind: kind ?? undefined })}
      />
      <Loaded query={reports} lines={6}>
        {(list) => (
          <DataTable
            label={t.nav.reports}
            page={list}
            columns={columns}
            turn={turn}
            busy={reports.isPlaceholderData}
            empty={<Empty title={t.reports.none}>{t.reports.noneCure}</Empty>}
          />
        )}
      </Loaded>
    </>
  );
}

/** What a report is about. */
export function subjectOf({ kind, result }: ResearchReport): string {
  return kind === 'keyword' ? (result as KeywordResearch).keyword : (result as CompetitorResearch).topic;
}
