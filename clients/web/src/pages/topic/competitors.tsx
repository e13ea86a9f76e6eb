import type { CompetitorResearch } from '@content-creator/client';
import { Button, Group, Paper, Stack, TagsInput } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../../language';
import { CompetitorFindings } from '../../parts/competitor-findings';
import { isMissing } from '../../parts/failure';
import { Empty } from '../../parts/empty';
import { JobProgress } from '../../parts/job-progress';
import { Loaded } from '../../parts/loaded';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';

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
        <Loaded query={report}>{(found) => <CompetitorFindings result={found.result as CompetitorResearch} />}</Loaded>
      )}
    </Stack>
  );
}
