import type { TopicDiscovery } from '@content-creator/client';
import { Accordion, Alert, Anchor, Button, Drawer, Group, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { percent } from '../../format';
import { useLanguage } from '../../language';
import { JobProgress } from '../../parts/job-progress';
import { Proposals } from '../../parts/proposals';
import { To } from '../../parts/to';
import { useAction } from '../../queries';
import { api } from '../../session';
import { DiscoveryFields, discoveryRequest } from './discovery-fields';
import { ScoreParts } from './score';

export function DiscoverTopics({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLanguage();
  const [job, setJob] = useState<string | null>(null);
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="lg" title={t.discover.title} closeButtonProps={{ 'aria-label': t.common.close }}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t.discover.about}
        </Text>
        <DiscoverForm begun={setJob} />
        {job && (
          <JobProgress key={job} id={job} follow>
            {(done) => <Found report={(done.result as TopicDiscovery).report} replace />}
          </JobProgress>
        )}
      </Stack>
    </Drawer>
  );
}

function DiscoverForm({ begun }: { begun: (job: string) => void }) {
  const { t } = useLanguage();
  const discover = useAction(
    (form: FormData) => {
      const until = String(form.get('until'));
      return api.topics.discover({ body: { ...discoveryRequest(form), ...(until && { until: new Date(until).toISOString() }) } });
    },
    { stale: [['jobs']], done: ({ data }) => begun(data.id) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    discover.mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <DiscoveryFields />
        <TextInput name="until" type="date" label={t.discover.until} description={t.discover.untilHelp} />
        <Group justify="flex-end">
          <Button type="submit" loading={discover.isPending}>
            {t.topics.discover}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What a discovery has found, each topic with its score explained. */
export function Found({ report, replace = false }: { report: TopicDiscovery['report']; replace?: boolean }) {
  const { t, language } = useLanguage();
  if (report.topics.length === 0) {
    return (
      <Alert color="blue" title={t.discover.nothing}>
        <Stack gap="xs" align="flex-start">
          <span>
            <span lang="en">{report.note}</span> {t.discover.nothingCure}
          </span>
          <Anchor component={To} to="/research" search={{ open: 'ask' }} replace={replace} inherit underline="always">
            {t.discover.askInstead}
          </Anchor>
        </Stack>
      </Alert>
    );
  }
  return (
    <Stack>
      {report.proposals && <Proposals model={report.proposals.model} error={report.proposals.error} lists={[[t.discover.keywords, report.proposals.seeds]]} />}
      <Text fw={600}>{t.discover.found(report.topics.length, report.documents)}</Text>
      {report.note && (
        <Alert color="blue">
          <span lang="en">{report.note}</span>
        </Alert>
      )}
      <Accordion variant="separated" chevronPosition="left">
        {report.topics.map((topic) => (
          <Accordion.Item key={topic.title} value={topic.title}>
            <Accordion.Control>
              {topic.title}
              <Text size="sm" c="dimmed">
                {topic.created ? t.discover.created : t.discover.known} · {t.score.score} {percent(topic.score, language)}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <Stack>
                <ScoreParts parts={topic.parts} />
                {topic.proposal && (
                  <Proposals
                    model={topic.proposal.model}
                    error={topic.proposal.error}
                    lists={[
                      [t.proposals.label, topic.proposal.label ? [topic.proposal.label] : []],
                      [t.proposals.angles, topic.proposal.angles],
                    ]}
                  />
                )}
                {topic.topic_id && (
                  <Anchor component={To} to={`/topics/${topic.topic_id}`} replace={replace}>
                    {t.discover.open}
                  </Anchor>
                )}
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Stack>
  );
}
