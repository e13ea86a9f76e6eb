/** What competitor research has found: who writes about it and how, and what others cover and one does not. */
import type { CompetitorResearch } from '@content-creator/client';
import { List, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { useTexts } from '../language';
import { External } from './external';
import { Figure } from './figure';
import { Sampled } from './sampled';

export function CompetitorFindings({ result }: { result: CompetitorResearch }) {
  const t = useTexts();
  return (
    <Stack>
      <Sampled documents={result.documents} sample={result.sample} />
      {result.recommendation && <Text lang="en">{result.recommendation.text}</Text>}
      <Paper withBorder>
        <Table.ScrollContainer minWidth={560} type="native">
          <Table verticalSpacing="xs" horizontalSpacing="md" aria-label={t.topic.tabs.competitors}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t.competitors.publisher}</Table.Th>
                <Table.Th ta="end">{t.competitors.share}</Table.Th>
                <Table.Th ta="end">{t.nav.documents}</Table.Th>
                <Table.Th ta="end">{t.competitors.frequency}</Table.Th>
                <Table.Th ta="end">{t.competitors.length}</Table.Th>
                <Table.Th>{t.competitors.topics}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {result.competitors.map((competitor) => (
                <Table.Tr key={competitor.website}>
                  <Table.Td>
                    <External to={competitor.website}>{competitor.name}</External>
                  </Table.Td>
                  <Table.Td ta="end">
                    <Figure figure={competitor.share_of_voice} />
                  </Table.Td>
                  <Table.Td ta="end">
                    <Figure figure={competitor.documents} />
                  </Table.Td>
                  <Table.Td ta="end">
                    <Figure figure={competitor.content_strategy.posting_frequency} />
                  </Table.Td>
                  <Table.Td ta="end">
                    <Figure figure={competitor.content_strategy.median_words} />
                  </Table.Td>
                  <Table.Td>{competitor.content_strategy.topics.join(', ')}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Paper>
      <Paper withBorder p="md">
        <Title order={2} size="h4" mb="sm">
          {t.competitors.gaps}
        </Title>
        <Gaps gaps={result.content_gaps} />
        {result.own_pages
          .filter(({ error }) => error !== null)
          .map(({ url, error }) => (
            <Text key={url} size="sm" c="dimmed" mt="xs">
              {url}: <span lang="en">{error?.message}</span>
            </Text>
          ))}
      </Paper>
    </Stack>
  );
}

function Gaps({ gaps }: { gaps: CompetitorResearch['content_gaps'] }) {
  const t = useTexts();
  if (gaps === null) return <Text c="dimmed">{t.competitors.gapsUnknown}</Text>;
  if (gaps.length === 0) return <Text c="dimmed">{t.competitors.noGaps}</Text>;
  return (
    <List>
      {gaps.map(({ subject, competitors }) => (
        <List.Item key={subject}>
          {subject} <Text component="span" c="dimmed">({competitors.join(', ')})</Text>
        </List.Item>
      ))}
    </List>
  );
}
