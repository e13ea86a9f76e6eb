import type { SerpComparison, SerpRecommendation, SerpResult, SerpSnapshot } from '@content-creator/client';
import { Accordion, Badge, Button, Group, List, Paper, Select, Stack, Table, Text, Title } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useFilters } from '../address';
import { dateTime, number, UNKNOWN } from '../format';
import { useLanguage } from '../language';
import { ContentScore } from '../parts/content-score';
import { External } from '../parts/external';
import { Facts } from '../parts/facts';
import { Figure } from '../parts/figure';
import { JobProgress } from '../parts/job-progress';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { Time } from '../parts/time';
import { useAction, useRead } from '../queries';
import { api } from '../session';

export function SnapshotPage() {
  const { t } = useLanguage();
  const { id } = useParams({ strict: false }) as { id: string };
  const snapshot = useRead(['research', 'snapshot of results', id], (signal) => api.research.getSerpSnapshot({ path: { id }, signal }));
  const [job, setJob] = useState<string | null>(null);
  const go = useNavigate();
  return (
    <Page
      title={snapshot.data?.query ?? t.serp.one}
      back={{ to: '/serp', name: t.nav.serp }}
      about={snapshot.data && <About snapshot={snapshot.data} />}
      actions={snapshot.data && <Again snapshot={snapshot.data} begun={setJob} />}
    >
      {job && (
        <JobProgress key={job} id={job} ended={({ result }) => result?.['id'] !== undefined && void go({ to: `/serp/${String(result['id'])}`, search: { against: id } as never })} />
      )}
      <Loaded query={snapshot} lines={10}>
        {(found) => (
          <Stack gap="lg">
            <Changes snapshot={found} />
            <Difficulty snapshot={found} />
            <Results results={found.results} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function About({ snapshot: { language, market, source, created_at } }: { snapshot: SerpSnapshot }) {
  const { t } = useLanguage();
  return (
    <Text size="sm">
      {[language, market, source === 'caller' ? t.serp.byHand : source].filter(Boolean).join(' · ')} · <Time at={created_at} />
    </Text>
  );
}

/** Looks at the same results once more: what a service tells, or the same pages. */
function Again({ snapshot, begun }: { snapshot: SerpSnapshot; begun: (job: string) => void }) {
  const { t } = useLanguage();
  const { query, language, market, source, results } = snapshot;
  const again = useAction(
    () =>
      api.research.researchSerp({
        body: { query, language, ...(market && { market }), ...(source === 'caller' && { urls: results.map(({ url }) => url) }) },
      }),
    { stale: [['jobs']], done: ({ data }) => begun(data.id) },
  );
  return (
    <Button variant="default" loading={again.isPending} onClick={() => again.mutate(undefined)}>
      {t.serp.again}
    </Button>
  );
}

/** What has changed since an earlier snapshot of the same query; there is nothing to choose where there is none. */
function Changes({ snapshot }: { snapshot: SerpSnapshot }) {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const query = { query: snapshot.query, language: snapshot.language, page_size: 100, ...(snapshot.market && { market: snapshot.market }) };
  const history = useRead(['research', 'serp', query], (signal) => api.research.listSerpSnapshots({ query, signal }));
  const others = (history.data?.items ?? []).filter(({ id }) => id !== snapshot.id);
  const against = others.some(({ id }) => id === filters['against']) ? filters['against']! : null;
  return (
    <Paper withBorder p="md">
      <Stack>
        <Group justify="space-between">
          <Title order={2} size="h4">
            {t.serp.changes}
          </Title>
          <Select
            w={260}
            aria-label={t.serp.against}
            placeholder={t.serp.against}
            clearable
            clearButtonProps={{ 'aria-label': t.common.clear }}
            disabled={others.length === 0}
            data={others.map(({ id, created_at }) => ({ value: id, label: dateTime(created_at, language) }))}
            value={against}
            onChange={(chosen) => change({ against: chosen ?? undefined })}
          />
        </Group>
        <Loaded query={history} lines={1}>
          {() => {
            if (against) return <Compared id={snapshot.id} against={against} />;
            return <Text c="dimmed">{others.length === 0 ? t.serp.onlyOne : t.serp.chooseOther}</Text>;
          }}
        </Loaded>
      </Stack>
    </Paper>
  );
}

function Compared({ id, against }: { id: string; against: string }) {
  const comparison = useRead(['research', 'serp', id, 'against', against], (signal) =>
    api.research.compareSerpSnapshots({ path: { id }, query: { against }, signal }),
  );
  return <Loaded query={comparison}>{(found) => <Moves comparison={found} />}</Loaded>;
}

function Moves({ comparison: { entrants, dropouts, changes, stable } }: { comparison: SerpComparison }) {
  const { t } = useLanguage();
  const moved = [
    ...entrants.map(({ url, position }) => ({ url, what: t.serp.entered, colour: 'green', from: null, to: position })),
    ...changes.map((one) => ({ url: one.url, what: t.serp[one.direction], colour: one.direction === 'up' ? 'teal' : 'orange', from: one.old, to: one.new })),
    ...dropouts.map(({ url, position }) => ({ url, what: t.serp.dropped, colour: 'red', from: position, to: null })),
  ];
  if (moved.length === 0) return <Text c="dimmed">{t.serp.unchanged(stable.length)}</Text>;
  return (
    <Table.ScrollContainer minWidth={420} type="native">
      <Table verticalSpacing="xs" aria-label={t.serp.changes}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.serp.page}</Table.Th>
            <Table.Th>{t.serp.change}</Table.Th>
            <Table.Th ta="end">{t.serp.before}</Table.Th>
            <Table.Th ta="end">{t.serp.now}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {moved.map(({ url, what, colour, from, to }) => (
            <Table.Tr key={url}>
              <Table.Td>
                <External to={url}>{url}</External>
              </Table.Td>
              <Table.Td>
                <Badge color={colour}>{what}</Badge>
              </Table.Td>
              <Table.Td ta="end">{from ?? UNKNOWN}</Table.Td>
              <Table.Td ta="end">{to ?? UNKNOWN}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Difficulty({ snapshot: { difficulty, analysis } }: { snapshot: SerpSnapshot }) {
  const { t, language } = useLanguage();
  const { targets, ranking_time: time } = difficulty;
  return (
    <Paper withBorder p="md">
      <Stack>
        <Title order={2} size="h4">
          {t.serp.difficulty}
        </Title>
        <ContentScore score={difficulty.score} label={t.serp.difficulty} />
        <Facts
          facts={[
            [t.serp.targets.words, <Figure figure={targets?.words} />],
            [t.serp.targets.h2, <Figure figure={targets?.h2} />],
            [t.serp.targets.images, <Figure figure={targets?.images} />],
            [t.serp.targets.quality, <Figure figure={targets?.quality} />],
            [t.serp.time, time ? t.serp.months(number(time.from_months, language), number(time.to_months, language)) : t.common.unknown],
            [t.serp.domains, <Figure figure={analysis.unique_domains} />],
            [t.serp.authorityShare, <Figure figure={analysis.authority_share} />],
            [t.serp.titleLength, <Figure figure={analysis.mean_title_length} />],
          ]}
        />
        <Recommendations recommendations={difficulty.recommendations} />
      </Stack>
    </Paper>
  );
}

const URGENT: Record<SerpRecommendation['priority'], string> = { critical: 'red', high: 'orange', medium: 'yellow', low: 'gray' };

function Recommendations({ recommendations }: { recommendations: SerpRecommendation[] }) {
  const { t } = useLanguage();
  if (recommendations.length === 0) return null;
  return (
    <div>
      <Title order={3} size="h5" mb="xs">
        {t.serp.recommendations}
      </Title>
      <List spacing={4} listStyleType="none">
        {recommendations.map(({ priority, message }) => (
          <List.Item key={message}>
            <Badge color={URGENT[priority]} mr={6}>
              {t.serp.priority[priority]}
            </Badge>
            <span lang="en">{message}</span>
          </List.Item>
        ))}
      </List>
    </div>
  );
}

const AUTHORITY: Record<SerpResult['authority'], string> = { high: 'green', medium: 'yellow', low: 'gray' };

function Results({ results }: { results: SerpResult[] }) {
  const { t, language } = useLanguage();
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t.serp.results}
      </Title>
      <Accordion variant="separated" chevronPosition="left">
        {results.map((result) => (
          <Accordion.Item key={result.position} value={String(result.position)}>
            <Accordion.Control>
              <Group justify="space-between" gap="xs">
                <Text flex="1 1 16rem">
                  {result.position}. {result.title ?? result.url}
                </Text>
                <Group gap="xs">
                  <Badge color={AUTHORITY[result.authority]}>{t.serp.authority[result.authority]}</Badge>
                  <Badge color="cyan">{t.serp.contentScore(number(result.content_score.value.value, language, 0))}</Badge>
                </Group>
              </Group>
              <Text size="sm" c="dimmed">
                {result.domain}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <Result result={result} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Stack>
  );
}

function Result({ result }: { result: SerpResult }) {
  const { t } = useLanguage();
  return (
    <Stack>
      <Text size="sm">
        <External to={result.url}>{result.url}</External>
      </Text>
      {result.snippet && <Text size="sm">{result.snippet}</Text>}
      {result.error && (
        <Text size="sm" c="red" lang="en">
          {result.error.message}
        </Text>
      )}
      <Facts
        facts={[
          [t.serp.words, <Figure figure={result.word_count} />],
          [t.documents.published, <Time at={result.published_at} />],
          [t.serp.why, <span lang="en">{result.authority_reason}</span>],
        ]}
        columns={3}
      />
      <ContentScore score={result.content_score} />
    </Stack>
  );
}
