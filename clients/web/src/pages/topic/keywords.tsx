import type { Figure as FigureData, ResearchReport } from '@content-creator/client';
import { Button, Group, List, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { number } from '../../format';
import { useLanguage } from '../../language';
import { Empty } from '../../parts/empty';
import { Figure } from '../../parts/figure';
import { JobProgress } from '../../parts/job-progress';
import { Loaded } from '../../parts/loaded';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';
import { isMissing } from '../topic';

/** What the specification says of `result` in words. */
interface Keyword {
  keyword: string;
  search_volume: FigureData;
  suggestion_position: FigureData;
  relevance: FigureData;
  trend: { growth: FigureData; documents: number; documents_before: number };
}

interface KeywordResult {
  documents: FigureData;
  primary: Keyword;
  secondary: Keyword[] | null;
  long_tail: Keyword[] | null;
  related_questions: { question: string }[] | null;
  recommendation: { text: string } | null;
}

export function TopicKeywords({ id }: { id: string }) {
  const { t } = useLanguage();
  const [job, setJob] = useState<string | null>(null);
  const report = useRead(['topics', id, 'keywords'], (signal) => api.topics.getKeywords({ path: { id }, signal }));
  const research = useAction(() => api.topics.researchKeyword({ path: { id }, body: {} }), { done: ({ data }) => setJob(data.id) });
  const begin = (
    <Button variant={report.data ? 'default' : 'filled'} loading={research.isPending} onClick={() => research.mutate(undefined)}>
      {t.keywords.research}
    </Button>
  );
  return (
    <Stack>
      {job && <JobProgress key={job} id={job} ended={() => void report.refetch()} />}
      {isMissing(report.error) ? (
        <Paper withBorder>
          <Empty title={t.keywords.none} action={begin}>
            {t.keywords.noneCure}
          </Empty>
        </Paper>
      ) : (
        <Loaded query={report}>{(found) => <KeywordReport report={found} begin={begin} />}</Loaded>
      )}
    </Stack>
  );
}

function KeywordReport({ report, begin }: { report: ResearchReport; begin: ReactNode }) {
  const { t } = useLanguage();
  const result = report.result as unknown as KeywordResult;
  const keywords = [result.primary, ...(result.secondary ?? []), ...(result.long_tail ?? [])];
  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">
          {t.keywords.from} <Figure figure={result.documents} />
        </Text>
        {begin}
      </Group>
      {result.recommendation && <Text lang="en">{result.recommendation.text}</Text>}
      <KeywordTable keywords={keywords} />
      {(result.related_questions ?? []).length > 0 && (
        <Paper withBorder p="md">
          <Title order={2} size="h4" mb="sm">
            {t.keywords.questions}
          </Title>
          <List>
            {result.related_questions!.map(({ question }) => (
              <List.Item key={question}>{question}</List.Item>
            ))}
          </List>
        </Paper>
      )}
    </Stack>
  );
}

function KeywordTable({ keywords }: { keywords: Keyword[] }) {
  const { t, language } = useLanguage();
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={560} type="native">
        <Table verticalSpacing="xs" horizontalSpacing="md" aria-label={t.keywords.title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.keywords.keyword}</Table.Th>
              <Table.Th ta="end">{t.keywords.volume}</Table.Th>
              <Table.Th ta="end">{t.keywords.position}</Table.Th>
              <Table.Th ta="end">{t.keywords.relevance}</Table.Th>
              <Table.Th ta="end">{t.nav.documents}</Table.Th>
              <Table.Th ta="end">{t.keywords.growth}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keywords.map((keyword) => (
              <Table.Tr key={keyword.keyword}>
                <Table.Td>{keyword.keyword}</Table.Td>
                <Table.Td ta="end">
                  <Figure figure={keyword.search_volume} />
                </Table.Td>
                <Table.Td ta="end">
                  <Figure figure={keyword.suggestion_position} />
                </Table.Td>
                <Table.Td ta="end">
                  <Figure figure={keyword.relevance} />
                </Table.Td>
                <Table.Td ta="end">{number(keyword.trend.documents, language)}</Table.Td>
                <Table.Td ta="end">
                  <Figure figure={keyword.trend.growth} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}
