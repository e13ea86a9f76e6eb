import type { Topic } from '@content-creator/client';
import { Anchor, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { money } from '../../format';
import { useLanguage } from '../../language';
import { RunBadge } from '../../parts/badges';
import { Empty } from '../../parts/empty';
import { JobProgress } from '../../parts/job-progress';
import { Loaded } from '../../parts/loaded';
import { Time } from '../../parts/time';
import { To } from '../../parts/to';
import { useAction, useRead } from '../../queries';
import { type Budget, BudgetForm } from '../../parts/budget';
import { RunReport } from '../../parts/report';
import { api } from '../../session';

/** The newest report of a topic, its earlier runs, and how to begin another. */
export function TopicResearch({ topic }: { topic: Topic }) {
  const { t } = useLanguage();
  const [job, setJob] = useState<string | null>(null);
  const id = topic.id;
  const runs = useRead(['research', 'runs', id], (signal) => api.research.listRuns({ query: { topic_id: id }, signal }));
  const begin = useAction((budget: Budget) => api.topics.research({ path: { id }, body: budget }), {
    stale: [['jobs'], ['research']],
    done: ({ data }) => setJob(data.id),
  });
  return (
    <Stack>
      <Paper withBorder p="md">
        <Stack>
          <Title order={2} size="h4">
            {t.research.topic}
          </Title>
          <BudgetForm busy={begin.isPending} submit={(budget) => begin.mutate(budget)} label={t.research.begin} />
        </Stack>
      </Paper>
      {job && <JobProgress key={job} id={job} follow ended={() => void runs.refetch()} />}
      <Loaded query={runs}>
        {({ items }) =>
          items.length === 0 ? (
            <Paper withBorder>
              <Empty title={t.research.none}>{t.research.noneCure}</Empty>
            </Paper>
          ) : (
            <Stack>
              {items[0]!.report && <RunReport run={items[0]!} />}
              <Runs runs={items} />
            </Stack>
          )
        }
      </Loaded>
    </Stack>
  );
}

function Runs({ runs }: { runs: Parameters<typeof RunReport>[0]['run'][] }) {
  const { t, language } = useLanguage();
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        {t.research.runs}
      </Title>
      <Stack gap="xs">
        {runs.map((run) => (
          <Group key={run.id} gap="sm">
            <RunBadge status={run.status} />
            <Anchor component={To} to={`/research/${run.id}`} lang={run.language}>
              {run.question}
            </Anchor>
            <Text size="sm" c="dimmed">
              <Time at={run.created_at} /> · {money(run.cost.known_usd, language)}
            </Text>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
