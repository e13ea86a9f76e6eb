import type { Job, TopicDiscovery } from '@content-creator/client';
import { Accordion, Alert, Anchor, Button, Drawer, Group, NumberInput, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { number } from '../../format';
import { useLanguage } from '../../language';
import { JobProgress } from '../../parts/job-progress';
import { To } from '../../parts/to';
import { useAction } from '../../queries';
import { api } from '../../session';
import { PlaceFields } from './create';
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
          <JobProgress key={job} id={job}>
            {(done) => <Found discovery={(done as Job & { result: TopicDiscovery | null }).result} close={onClose} />}
          </JobProgress>
        )}
      </Stack>
    </Drawer>
  );
}

function DiscoverForm({ begun }: { begun: (job: string) => void }) {
  const { t } = useLanguage();
  const [keywords, setKeywords] = useState<string[]>([]);
  const discover = useAction(
    (form: FormData) => {
      const site = String(form.get('site_url')).trim();
      const until = String(form.get('until'));
      return api.topics.discover({
        body: {
          domain: String(form.get('domain')),
          market: String(form.get('market')),
          language: String(form.get('language')),
          window_days: Number(form.get('window_days')),
          min_score: Number(form.get('min_score')),
          ...(keywords.length > 0 && { keywords }),
          ...(site && { site_url: site }),
          ...(until && { until: new Date(until).toISOString() }),
        },
      });
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
        <PlaceFields />
        <TagsInput label={t.discover.keywords} description={t.discover.keywordsHelp} value={keywords} onChange={setKeywords} maxTags={50} />
        <TextInput name="site_url" type="url" label={t.discover.site} description={t.discover.siteHelp} placeholder="https://" />
        <Group grow align="flex-start">
          <NumberInput name="window_days" label={t.discover.window} description={t.discover.windowHelp} min={1} max={46} defaultValue={7} />
          <NumberInput name="min_score" label={t.discover.minScore} description={t.discover.minScoreHelp} min={0} max={1} step={0.1} defaultValue={0.3} />
        </Group>
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

function Found({ discovery, close }: { discovery: TopicDiscovery | null; close: () => void }) {
  const { t, language } = useLanguage();
  if (!discovery) return null;
  const { report } = discovery;
  if (report.topics.length === 0) {
    return (
      <Alert color="blue" title={t.discover.nothing}>
        <span lang="en">{report.note}</span> {t.discover.nothingCure}
      </Alert>
    );
  }
  return (
    <Stack>
      <Text fw={600}>{t.discover.found(report.topics.length, report.documents)}</Text>
      <Accordion variant="separated" chevronPosition="left">
        {report.topics.map((topic) => (
          <Accordion.Item key={topic.title} value={topic.title}>
            <Accordion.Control>
              {topic.title}
              <Text size="sm" c="dimmed">
                {topic.created ? t.discover.created : t.discover.known} · {t.score.score} {number(topic.score, language)}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <Stack>
                <ScoreParts parts={topic.parts} />
                {topic.topic_id && (
                  <Anchor component={To} to={`/topics/${topic.topic_id}`} onClick={close}>
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
