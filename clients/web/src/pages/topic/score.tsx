import type { ScorePart, TopicScore } from '@content-creator/client';
import { Badge, Button, Group, Paper, Progress, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { percent } from '../../format';
import { useLanguage } from '../../language';
import { scoreInWords, scorePartName } from '../../parts/explanations';
import { Loaded } from '../../parts/loaded';
import { ProfileSelect } from '../../parts/profile-select';
import { Time } from '../../parts/time';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';

/** The newest score, part by part, and how to have another. */
export function Score({ id }: { id: string }) {
  const { t } = useLanguage();
  const scores = useRead(['topics', id, 'scores'], (signal) => api.topics.listScores({ path: { id }, query: { page_size: 1 }, signal }));
  const [profile, setProfile] = useState<string | null>(null);
  const validate = useAction(() => api.topics.validate({ path: { id }, body: profile ? { profile } : {} }), {
    stale: [['topics']],
    done: ({ data }) => (data.passed ? t.score.passed : t.score.notPassed),
  });
  return (
    <Paper withBorder p="md">
      <Stack>
        <Group justify="space-between">
          <Title order={2} size="h4">
            {t.score.title}
          </Title>
          <Group gap="xs">
            <ProfileSelect kind="validation" choose={setProfile} />
            <Button variant="default" size="xs" loading={validate.isPending} onClick={() => validate.mutate(undefined)}>
              {t.score.validate}
            </Button>
          </Group>
        </Group>
        <Loaded query={scores}>
          {({ items: [newest] }) => (newest ? <Explained score={newest} /> : <AsDiscovered id={id} />)}
        </Loaded>
      </Stack>
    </Paper>
  );
}

function Explained({ score }: { score: TopicScore }) {
  const { t, language } = useLanguage();
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Text fz={32} fw={700} lh={1}>
          {percent(score.score, language)}
        </Text>
        <Badge color={score.passed ? 'green' : 'gray'}>{t.score.threshold(percent(score.threshold, language))}</Badge>
        <Text size="sm" c="dimmed">
          {score.profile} v{score.profile_version} · <Time at={score.scored_at} />
        </Text>
      </Group>
      <ScoreParts parts={score.parts} />
    </Stack>
  );
}

/** How a topic was scored when it was discovered, where the newest discoveries know it. */
function AsDiscovered({ id }: { id: string }) {
  const { t, language } = useLanguage();
  const discoveries = useRead(['topics', 'discoveries', 'newest'], (signal) => api.topics.listDiscoveries({ query: { page_size: 100 }, signal }));
  return (
    <Loaded query={discoveries}>
      {({ items }) => {
        const of = items.find(({ report }) => report.topics.some(({ topic_id }) => topic_id === id));
        const found = of?.report.topics.find(({ topic_id }) => topic_id === id);
        if (!of || !found) return <Text c="dimmed">{t.score.none}</Text>;
        return (
          <Stack gap="sm">
            <Group gap="sm">
              <Text fz={32} fw={700} lh={1}>
                {percent(found.score, language)}
              </Text>
              <Text size="sm" c="dimmed">
                {t.score.asDiscovered} · {of.report.profile} v{of.report.profile_version} · <Time at={of.report.until} />
              </Text>
            </Group>
            <ScoreParts parts={found.parts} />
          </Stack>
        );
      }}
    </Loaded>
  );
}

export function ScoreParts({ parts }: { parts: ScorePart[] }) {
  const { t, language } = useLanguage();
  return (
    <Table.ScrollContainer minWidth={300} type="native">
      <Table verticalSpacing="xs" aria-label={t.score.title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.score.part}</Table.Th>
            <Table.Th>{t.score.value}</Table.Th>
            <Table.Th ta="end">{t.score.weight}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {parts.map((part) => (
            <Table.Tr key={part.name}>
              <Table.Td>
                <Text size="sm" fw={600}>
                  {scorePartName(part.name, t)}
                </Text>
                <Text size="xs" c="dimmed">
                  {scoreInWords(part, { t, language })}
                </Text>
              </Table.Td>
              <Table.Td w={100}>
                <Text size="sm">{part.value === null ? t.common.unknown : percent(part.value, language)}</Text>
                {part.value !== null && <Progress value={part.value * 100} size="sm" aria-label={scorePartName(part.name, t)} />}
              </Table.Td>
              <Table.Td ta="end">{percent(part.weight, language)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
