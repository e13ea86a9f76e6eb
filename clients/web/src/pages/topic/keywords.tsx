import type { KeywordResearch } from '@content-creator/client';
import { Button, Paper, Stack } from '@mantine/core';
import { useState } from 'react';
import { useLanguage } from '../../language';
import { Empty } from '../../parts/empty';
import { isMissing } from '../../parts/failure';
import { JobProgress } from '../../parts/job-progress';
import { KeywordFindings } from '../../parts/keyword-findings';
import { Loaded } from '../../parts/loaded';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';

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
        <Loaded query={report}>{(found) => <KeywordFindings result={found.result as KeywordResearch} begin={begin} />}</Loaded>
      )}
    </Stack>
  );
}
