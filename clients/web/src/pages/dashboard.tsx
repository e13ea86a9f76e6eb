import { type Job } from '@content-creator/client';
import { Anchor, Grid, Group, Paper, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { money, number, percent, total } from '../format';
import { useLanguage } from '../language';
import { HealthBadge, JobBadge } from '../parts/badges';
import { FirstSteps } from '../parts/first-steps';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useRead } from '../queries';
import { api } from '../session';
import { daysAgo } from './costs';
import { Growth } from './dashboard/growth';

export function Dashboard() {
  const { t } = useLanguage();
  return (
    <Page title={t.nav.dashboard} about={t.dashboard.about}>
      <FirstSteps />
      <Figures />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack gap="lg">
            <Section title={t.dashboard.growth}>
              <Growth />
            </Section>
            <Section title={t.dashboard.writtenAbout} more={{ to: '/keywords', name: t.nav.keywords }}>
              <WrittenAbout />
            </Section>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="lg">
            <Section title={t.dashboard.running} more={{ to: '/jobs', name: t.nav.jobs }}>
              <Running />
            </Section>
            <Section title={t.dashboard.attention}>
              <Attention />
            </Section>
            <Section title={t.dashboard.newTopics} more={{ to: '/topics', name: t.nav.topics }}>
              <NewTopics />
            </Section>
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Section({ title, more, children }: { title: string; more?: { to: string; name: string }; children: ReactNode }) {
  return (
    <Paper withBorder p="md" className="breaks">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {title}
        </Title>
        {more && (
          <Anchor component={To} to={more.to} size="sm">
            {more.name}
          </Anchor>
        )}
      </Group>
      {children}
    </Paper>
  );
}

const ONE = { page_size: 1 };

function Figures() {
  const { t, language } = useLanguage();
  const month = useMemo(() => daysAgo(30), []);
  const topics = useRead(['topics', 'count'], (signal) => api.topics.list({ query: ONE, signal }));
  const documents = useRead(['documents', 'count'], (signal) => api.documents.list({ query: ONE, signal }));
  const collections = useRead(['collections', 'count'], (signal) => api.collections.list({ query: ONE, signal }));
  const costs = useRead(['costs', 'sums', month], (signal) => api.costs.get({ query: { since: month }, signal }));
  const count = (list: { total: number; total_relation: 'eq' | 'gte' } | undefined) => (list ? total(list.total, list.total_relation, language) : '…');
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }}>
      <Stat name={t.nav.topics} value={count(topics.data)} to="/topics" />
      <Stat name={t.nav.documents} value={count(documents.data)} to="/documents" />
      <Stat name={t.nav.collections} value={count(collections.data)} to="/collections" />
      <Stat name={t.dashboard.spent} value={costs.data ? money(costs.data.total.known_usd, language) : '…'} to="/costs" />
    </SimpleGrid>
  );
}

function Stat({ name, value, to }: { name: string; value: string; to: string }) {
  return (
    <Paper withBorder p="md">
      <Anchor component={To} to={to} size="sm">
        {name}
      </Anchor>
      <Text fz={28} fw={700} lh={1.3}>
        {value}
      </Text>
    </Paper>
  );
}

function WrittenAbout() {
  const { t, language } = useLanguage();
  const since = useMemo(() => daysAgo(7), []);
  const keywords = useRead(['keywords', since], (signal) => api.keywords.list({ query: { since, limit: 10, sort: '-documents' }, signal }));
  return (
    <Loaded query={keywords}>
      {({ items }) => {
        if (items.length === 0) return <Text c="dimmed">{t.dashboard.nothingWritten}</Text>;
        const most = Math.max(...items.map(({ documents }) => documents));
        return (
          <Stack gap={6}>
            {items.map((keyword) => (
              <Group key={keyword.id} gap="sm" wrap="nowrap">
                <Anchor component={To} to="/documents" search={{ q: `"${keyword.text}"` }} w="40%" truncate size="sm">
                  {keyword.text}
                </Anchor>
                <Progress flex={1} value={(keyword.documents / most) * 100} aria-label={keyword.text} />
                <Text size="sm" w={110} ta="end">
                  {number(keyword.documents, language)} {keyword.growth !== null && `(${keyword.growth > 0 ? '+' : ''}${percent(keyword.growth, language)})`}
                </Text>
              </Group>
            ))}
          </Stack>
        );
      }}
    </Loaded>
  );
}

const SHOWN = 5;

function Running() {
  const { t } = useLanguage();
  const running = useRead(['jobs', 'running'], (signal) => api.jobs.list({ query: { state: 'running', page_size: SHOWN }, signal }));
  const queued = useRead(['jobs', 'queued'], (signal) => api.jobs.list({ query: { state: 'queued', page_size: SHOWN }, signal }));
  return (
    <Loaded query={running}>
      {({ items }) => (
        <Stack gap="sm" aria-live="polite">
          {items.map((job) => (
            <RunningJob key={job.id} job={job} />
          ))}
          {items.length === 0 && <Text c="dimmed">{t.dashboard.nothingRuns}</Text>}
          {(queued.data?.total ?? 0) > 0 && (
            <Text size="sm" c="dimmed">
              {t.dashboard.queued(queued.data!.total, items.length > 0)}
            </Text>
          )}
        </Stack>
      )}
    </Loaded>
  );
}

function RunningJob({ job }: { job: Job }) {
  const { t } = useLanguage();
  return (
    <div>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {t.jobKind[job.kind]} #{job.id}
        </Text>
        <JobBadge state={job.state} />
      </Group>
      <Progress value={job.progress.percent} animated aria-label={t.jobs.progressOf(t.jobKind[job.kind])} my={4} />
      <Text size="xs" c="dimmed" lang="en">
        {job.progress.message}
      </Text>
    </div>
  );
}

function Attention() {
  const { t, language } = useLanguage();
  const failing = useRead(['collections', 'failing'], (signal) => api.collections.list({ query: { health: 'failing', page_size: SHOWN }, signal }));
  const degraded = useRead(['collections', 'degraded'], (signal) => api.collections.list({ query: { health: 'degraded', page_size: SHOWN }, signal }));
  const gone = useRead(['collections', 'gone'], (signal) => api.collections.list({ query: { health: 'gone', page_size: SHOWN }, signal }));
  const partial = useRead(['research', 'partial'], (signal) => api.research.listRuns({ query: { status: 'partial', page_size: SHOWN }, signal }));
  const failed = useRead(['jobs', 'failed'], (signal) => api.jobs.list({ query: { state: 'failed', page_size: SHOWN }, signal }));
  const unwell = [failing.data, degraded.data, gone.data];
  const feeds = unwell.flatMap((list) => list?.items ?? []);
  return (
    <Loaded query={failed}>
      {(jobs) => (
        <Stack gap="xs">
          {feeds.map((feed) => (
            <Group key={feed.id} gap="xs">
              <HealthBadge health={feed.health} />
              <Anchor component={To} to={`/collections/${feed.id}`} size="sm">
                {feed.name}
              </Anchor>
              <Text size="xs" c="dimmed" lineClamp={1} lang="en">
                {feed.last_error}
              </Text>
            </Group>
          ))}
          {unwell.map((list) => {
            const health = list?.items[0]?.health;
            if (!health || list.total <= list.items.length) return null;
            return (
              <Anchor key={health} component={To} to="/collections" search={{ health }} size="sm">
                {t.dashboard.allOf(t.health[health], number(list.total, language))}
              </Anchor>
            );
          })}
          {(partial.data?.total ?? 0) > 0 && (
            <Anchor component={To} to="/research" search={{ status: 'partial' }} size="sm">
              {t.dashboard.partialRuns(partial.data!.total)}
            </Anchor>
          )}
          {jobs.total > 0 && (
            <Anchor component={To} to="/jobs" search={{ state: 'failed' }} size="sm">
              {t.dashboard.failedJobs(jobs.total)}
            </Anchor>
          )}
          {feeds.length === 0 && jobs.total === 0 && !partial.data?.total && <Text c="dimmed">{t.dashboard.allWell}</Text>}
        </Stack>
      )}
    </Loaded>
  );
}

function NewTopics() {
  const { t } = useLanguage();
  const topics = useRead(['topics', 'newest'], (signal) => api.topics.list({ query: { page_size: SHOWN }, signal }));
  return (
    <Loaded query={topics}>
      {({ items }) => (
        <Stack gap="xs">
          {items.map((topic) => (
            <Group key={topic.id} justify="space-between" wrap="nowrap">
              <Anchor component={To} to={`/topics/${topic.id}`} size="sm" miw={0} lang={topic.language}>
                {topic.title}
              </Anchor>
              <Text size="xs" c="dimmed">
                <Time at={topic.discovered_at} />
              </Text>
            </Group>
          ))}
          {items.length === 0 && (
            <Text c="dimmed">
              {t.dashboard.noTopics}{' '}
              <Anchor component={To} to="/topics" search={{ open: 'discover' }} underline="always">
                {t.topics.discover}
              </Anchor>
            </Text>
          )}
        </Stack>
      )}
    </Loaded>
  );
}
