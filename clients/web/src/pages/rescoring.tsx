import type { RescoredTopic, Rescoring } from '@content-creator/client';
import { Anchor, Badge, Paper, Stack, Text } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { defined, useFilters, usePaging } from '../address';
import { number, percent, UNKNOWN } from '../format';
import { useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { scorePartName } from '../parts/explanations';
import { Facts } from '../parts/facts';
import { JobProgress } from '../parts/job-progress';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useRead } from '../queries';
import { api } from '../session';

/** What scoring many topics by a profile has changed. */
export function RescoringPage() {
  const { t } = useLanguage();
  const { id } = useParams({ strict: false }) as { id: string };
  const rescoring = useRead(['topics', 'rescoring', id], (signal) => api.topics.getRescoring({ path: { id }, signal }));
  return (
    <Page
      title={rescoring.data ? t.rescoring.of(rescoring.data.profile, rescoring.data.profile_version) : t.rescoring.one}
      back={{ to: '/scoring', name: t.nav.scoring }}
      about={rescoring.data && <Time at={rescoring.data.created_at} />}
    >
      <Loaded query={rescoring} lines={8}>
        {(found) => (
          <Stack gap="lg">
            {found.finished_at === null && <JobProgress id={found.job_id} ended={() => void rescoring.refetch()} />}
            <Figures rescoring={found} />
            <Topics id={id} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Figures({ rescoring }: { rescoring: Rescoring }) {
  const { t, language } = useLanguage();
  const count = (value: number) => number(value, language);
  return (
    <Paper withBorder p="md">
      <Facts
        facts={[
          [t.rescoring.scored, `${count(rescoring.scored)} / ${count(rescoring.topics)}`],
          [t.rescoring.meanChange, signed(rescoring.mean_change, (share) => percent(share, language))],
          [t.rescoring.risen, count(rescoring.risen)],
          [t.rescoring.fallen, count(rescoring.fallen)],
          [t.rescoring.same, count(rescoring.same)],
          [t.rescoring.first, count(rescoring.first_scored)],
          [t.rescoring.nowPassed, count(rescoring.now_passed)],
          [t.rescoring.noLongerPassed, count(rescoring.no_longer_passed)],
        ]}
      />
    </Paper>
  );
}

type Row = RescoredTopic & { id: string };

function Topics({ id }: { id: string }) {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const { page, page_size, turn } = usePaging();
  const sort = (filters['sort'] ?? '-score') as '-score' | '-change' | 'change';
  const query = { page, page_size, sort };
  const topics = useRead(['topics', 'rescoring', id, 'topics', query], (signal) => api.topics.listRescored({ path: { id }, query: defined(query), signal }));
  const columns: Column<Row>[] = [
    {
      name: t.common.title,
      cell: ({ topic_id, title }) => (
        <Anchor component={To} to={`/topics/${topic_id}`} fw={600}>
          {title}
        </Anchor>
      ),
    },
    { name: t.rescoring.before, numeric: true, cell: ({ before }) => percent(before?.score, language) },
    {
      name: t.score.score,
      sorts: ['-score'],
      numeric: true,
      cell: ({ after }) => (
        <>
          {percent(after.score, language)} {after.passed && <Badge color="green">{t.rescoring.passes}</Badge>}
        </>
      ),
    },
    { name: t.rescoring.change, sorts: ['-change', 'change'], numeric: true, cell: ({ change: by }) => signed(by, (share) => percent(share, language)) },
    { name: t.rescoring.rank, numeric: true, cell: ({ rank_after, rank_change }) => `${number(rank_after, language)} (${signed(rank_change, (places) => number(places, language))})` },
    {
      name: t.rescoring.because,
      cell: ({ parts }) => (
        <Text size="xs" c="dimmed">
          {parts
            .filter(({ change: by }) => by !== null && Math.abs(by) >= 0.005)
            .map(({ name, change: by }) => `${scorePartName(name, t)} ${signed(by, (share) => percent(share, language))}`)
            .join(', ') || UNKNOWN}
        </Text>
      ),
      width: '25%',
    },
  ];
  return (
    <Loaded query={topics} lines={6}>
      {(list) => (
        <DataTable
          label={t.nav.topics}
          page={{ ...list, items: list.items.map((topic) => ({ ...topic, id: topic.topic_id })) }}
          columns={columns}
          turn={turn}
          sort={sort}
          onSort={(by) => change({ sort: by })}
          busy={topics.isPlaceholderData}
          empty={<Empty title={t.rescoring.none}>{t.rescoring.noneCure}</Empty>}
        />
      )}
    </Loaded>
  );
}

/** With a plus where it has grown. */
function signed(value: number | null, write: (value: number) => string): string {
  if (value === null) return UNKNOWN;
  return value > 0 ? `+${write(value)}` : write(value);
}
