import type { CompetitorResearch, ResearchReport } from '@content-creator/client';
import { Button, Group, List, Paper, Stack, Table, TagsInput, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../../language';
import { Empty } from '../../parts/empty';
import { External } from '../../parts/external';
import { Figure } from '../../parts/figure';
import { JobProgress } from '../../parts/job-progress';
import { Loaded } from '../../parts/loaded';
import { Sampled } from '../../parts/sampled';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';
import { isMissing } from '../topic';

export function Competitors({ id }: { id: string }) {
  const t = useTexts();
  const [job, setJob] = useState<string | null>(null);
  const [own, setOwn] = useState<string[]>([]);
  const report = useRead(['topics', id, 'competitors'], (signal) => api.topics.getCompetitors({ path: { id }, signal }));
  const research = useAction(() => api.topics.researchCompetitor({ path: { id }, body: own.length > 0 ? { own_sites: own } : {} }), {
    done: ({ data }) => setJob(data.id),
  });
  return (
    <Stack>
      <Group align="flex-end">
        <TagsInput flex="1 1 16rem" label={t.competitors.own} description={t.competitors.ownHelp} placeholder="example.com" value={own} onChange={setOwn} />
        <Button variant={report.data ? 'default' : 'filled'} loading={research.isPending} onClick={() => research.mutate(undefined)}>
          {t.competitors.research}
        </Button>
      </Group>
      {job && <JobProgress key={job} id={job} ended={() => void report.refetch()} />}
      {isMissing(report.error) ? (
        <Paper withBorder>
          <Empty title={t.competitors.none}>{t.competitors.noneCure}</Empty>
        </Paper>
      ) : (
        <Loaded query={report}>{(found) => <Found report={found} />}</Loaded>
      )}
    </Stack>
  );
}

function Found({ report }: { report: ResearchReport }) {
  const t = useTexts();
  const result = report.result as CompetitorResearch;
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
