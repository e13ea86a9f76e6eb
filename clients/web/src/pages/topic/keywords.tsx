import type { KeywordResearch, ResearchedKeyword, ResearchReport } from '@content-creator/client';
import { Button, Group, List, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { number } from '../../format';
import { useLanguage } from '../../language';
import { Empty } from '../../parts/empty';
import { Figure } from '../../parts/figure';
import { JobProgress } from '../../parts/job-progress';
import { Loaded } from '../../parts/loaded';
import { Sampled } from '../../parts/sampled';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';
import { isMissing } from '../topic';

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
  const result = report.result as KeywordResearch;
  const keywords = [result.primary, ...result.secondary, ...result.long_tail];
  return (
    <Stack>
      <Group justify="space-between">
        <Sampled documents={result.documents} sample={result.sample} />
        {begin}
      </Group>
      {result.recommendation && <Text lang="en">{result.recommendation.text}</Text>}
      <KeywordTable keywords={keywords} />
      {result.related_questions.length > 0 && (
        <Paper withBorder p="md">
          <Title order={2} size="h4" mb="sm">
            {t.keywords.questions}
          </Title>
          <List>
            {result.related_questions.map(({ question }) => (
              <List.Item key={question}>{question}</List.Item>
            ))}
          </List>
        </Paper>
      )}
    </Stack>
  );
}

function KeywordTable({ keywords }: { keywords: ResearchedKeyword[] }) {
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
