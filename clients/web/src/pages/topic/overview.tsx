import type { Topic } from '@content-creator/client';
import { Button, Grid, Group, NumberInput, Paper, Stack, Textarea, TextInput, Title } from '@mantine/core';
import type { FormEvent } from 'react';
import { number } from '../../format';
import { useLanguage } from '../../language';
import { Facts } from '../../parts/facts';
import { Time } from '../../parts/time';
import { useAction, type Versioned } from '../../queries';
import { api } from '../../session';
import { Score } from './score';

export function Overview({ versioned }: { versioned: Versioned<Topic> }) {
  const { data: topic } = versioned;
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 7 }}>
        <Score id={topic.id} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 5 }}>
        <Stack>
          {/* Only what stands in the form begins it anew: a status that changes meanwhile must not take away what is being typed. */}
          <Edit key={JSON.stringify([topic.title, topic.description, topic.priority])} versioned={versioned} />
          <Figures topic={topic} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function Edit({ versioned: { data: topic, etag } }: { versioned: Versioned<Topic> }) {
  const { t } = useLanguage();
  const save = useAction(
    (form: FormData) =>
      api.topics.update({
        path: { id: topic.id },
        headers: { 'If-Match': etag },
        body: {
          title: String(form.get('title')),
          description: String(form.get('description')) || null,
          priority: Number(form.get('priority')),
        },
      }),
    { stale: [['topics']], done: () => t.common.saved },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(new FormData(event.currentTarget));
  };
  return (
    <Paper withBorder p="md" component="form" onSubmit={submit}>
      <Stack>
        <Title order={2} size="h4">
          {t.topic.details}
        </Title>
        <TextInput name="title" label={t.common.title} defaultValue={topic.title} required minLength={3} lang={topic.language} />
        <Textarea name="description" label={t.topics.description} defaultValue={topic.description ?? ''} autosize minRows={2} maxRows={8} lang={topic.language} />
        <NumberInput name="priority" label={t.topics.priority} description={t.topics.priorityHelp} min={1} max={10} defaultValue={topic.priority} />
        <Group justify="flex-end">
          <Button type="submit" variant="default" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

function Figures({ topic }: { topic: Topic }) {
  const { t, language } = useLanguage();
  return (
    <Paper withBorder p="md">
      <Facts
        columns={2}
        facts={[
          [t.topics.trending, number(topic.trending_score, language)],
          [t.topic.engagement, number(topic.engagement_score, language)],
          [t.topic.words, number(topic.word_count, language)],
          [t.topic.intent, topic.intent ? t.intent[topic.intent] : t.common.unknown],
          [t.topics.discovered, <Time at={topic.discovered_at} />],
          [t.common.updated, <Time at={topic.updated_at} />],
        ]}
      />
    </Paper>
  );
}
