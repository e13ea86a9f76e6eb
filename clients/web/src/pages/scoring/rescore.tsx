import { ScoreInputs, type ScoringProfile, TopicStatus } from '@content-creator/client';
import { Button, Group, MultiSelect, NumberInput, SegmentedControl, Stack, Switch, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { defined } from '../../address';
import { useTexts } from '../../language';
import { JobProgress } from '../../parts/job-progress';
import { PlaceInput } from '../../parts/place';
import { useAction } from '../../queries';
import { api } from '../../session';

/** Scores many topics by a profile, to see what it would change. */
export function RescoreForm({ profile }: { profile: ScoringProfile }) {
  const t = useTexts();
  const go = useNavigate();
  const [job, setJob] = useState<string | null>(null);
  const [status, setStatus] = useState<string[]>([]);
  const [inputs, setInputs] = useState<ScoreInputs>('stored');
  const rescore = useAction(
    (form: FormData) =>
      api.topics.score({
        body: {
          profile: profile.name,
          profile_version: profile.version,
          inputs,
          limit: Number(form.get('limit')),
          update_status: form.get('update_status') !== null,
          filter: {
            ...defined({ domain: String(form.get('domain')), market: String(form.get('market')) }),
            ...(status.length > 0 && { status: status as TopicStatus[] }),
          },
        },
      }),
    { stale: [['jobs']], done: ({ data }) => setJob(data.id) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    rescore.mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t.rescoring.help}
        </Text>
        <Group grow align="flex-start">
          <PlaceInput of="domain" name="domain" placeholder={t.common.all} />
          <PlaceInput of="market" name="market" placeholder={t.common.all} />
          <NumberInput name="limit" label={t.rescoring.limit} min={1} max={1000} defaultValue={200} />
        </Group>
        <MultiSelect
          label={t.topics.status}
          {...(status.length === 0 && { placeholder: t.common.all })}
          data={Object.values(TopicStatus).map((value) => ({ value, label: t.topicStatus[value] }))}
          value={status}
          onChange={setStatus}
        />
        <SegmentedControl
          aria-label={t.rescoring.inputs}
          value={inputs}
          onChange={(value) => setInputs(value as ScoreInputs)}
          data={Object.values(ScoreInputs).map((value) => ({ value, label: t.scoreInputs[value] }))}
        />
        <Switch name="update_status" label={t.rescoring.updateStatus} />
        <Group justify="flex-end">
          <Button type="submit" loading={rescore.isPending} disabled={job !== null}>
            {t.rescoring.begin}
          </Button>
        </Group>
        {job && <JobProgress key={job} id={job} ended={({ result }) => result?.['id'] !== undefined && void go({ to: `/scoring/${String(result['id'])}` })} />}
      </Stack>
    </form>
  );
}
