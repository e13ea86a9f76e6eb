import type { CompetitorResearch, KeywordResearch, ResearchReport } from '@content-creator/client';
import { Anchor, Group, Text } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useLanguage } from '../language';
import { CompetitorFindings } from '../parts/competitor-findings';
import { KeywordFindings } from '../parts/keyword-findings';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useRead } from '../queries';
import { api } from '../session';
import { subjectOf } from './reports';

export function ReportPage() {
  const { t } = useLanguage();
  const { id } = useParams({ strict: false }) as { id: string };
  const report = useRead(['research', 'report', id], (signal) => api.research.getReport({ path: { id }, signal }));
  return (
    <Page
      title={report.data ? subjectOf(report.data) : t.reports.one}
      back={{ to: '/reports', name: t.nav.reports }}
      about={report.data && <About report={report.data} />}
    >
      <Loaded query={report} lines={8}>
        {({ kind, result }) =>
          kind === 'keyword' ? <KeywordFindings result={result as KeywordResearch} /> : <CompetitorFindings result={result as CompetitorResearch} />
        }
      </Loaded>
    </Page>
  );
}

function About({ report: { kind, topic_id, created_at } }: { report: ResearchReport }) {
  const { t } = useLanguage();
  return (
    <Group gap="xs">
      <Text size="sm">
        {t.reportKind[kind]} · <Time at={created_at} />
      </Text>
      {topic_id && (
        <Anchor component={To} to={`/topics/${topic_id}`} size="sm">
          {t.reports.ofTopic}
        </Anchor>
      )}
    </Group>
  );
}
