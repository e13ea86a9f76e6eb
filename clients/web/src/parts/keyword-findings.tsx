/** What keyword research has found: each keyword with its figures, and the questions that people ask. */
import type { KeywordResearch, ResearchedKeyword } from '@content-creator/client';
import { Group, List, Paper, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { number, UNKNOWN } from '../format';
import { useLanguage } from '../language';
import { Figure } from './figure';
import { Proposals } from './proposals';
import { Sampled } from './sampled';

export function KeywordFindings({ result, begin }: { result: KeywordResearch; begin?: ReactNode }) {
  const { t } = useLanguage();
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
      {result.proposals && (
        <Proposals
          model={result.proposals.model}
          error={result.proposals.error}
          lists={[
            [t.keywords.title, result.proposals.keywords.map(({ keyword }) => keyword)],
            [t.keywords.questions, result.proposals.questions],
            [t.proposals.angles, result.proposals.angles],
          ]}
        />
      )}
    </Stack>
  );
}

function KeywordTable({ keywords }: { keywords: ResearchedKeyword[] }) {
  const { t, language } = useLanguage();
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={760} type="native">
        <Table verticalSpacing="xs" horizontalSpacing="md" aria-label={t.keywords.title}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.keywords.keyword}</Table.Th>
              <Table.Th ta="end">{t.keywords.volume}</Table.Th>
              <Table.Th ta="end">{t.keywords.position}</Table.Th>
              <Table.Th ta="end">{t.keywords.relevance}</Table.Th>
              <Table.Th ta="end">{t.nav.documents}</Table.Th>
              <Table.Th ta="end">{t.keywords.growth}</Table.Th>
              <Table.Th>{t.topic.intent}</Table.Th>
              <Table.Th ta="end">{t.keywords.difficulty}</Table.Th>
              <Table.Th ta="end">{t.keywords.opportunity}</Table.Th>
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
                <Table.Td>{keyword.intent ? t.intent[keyword.intent] : UNKNOWN}</Table.Td>
                <Table.Td ta="end">
                  <Figure figure={keyword.difficulty} />
                </Table.Td>
                <Table.Td ta="end">
                  <Figure figure={keyword.opportunity.value} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}
