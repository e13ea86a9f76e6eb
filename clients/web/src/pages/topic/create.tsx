import { Button, Group, Modal, NumberInput, Stack, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { FormEvent } from 'react';
import { useTexts } from '../../language';
import { PlaceFields } from '../../parts/place';
import { useAction } from '../../queries';
import { api } from '../../session';

export function CreateTopic({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useTexts();
  const go = useNavigate();
  const create = useAction(
    (form: FormData) =>
      api.topics.create({
        body: {
          title: String(form.get('title')),
          description: String(form.get('description')) || null,
          domain: String(form.get('domain')),
          market: String(form.get('market')),
          language: String(form.get('language')),
          priority: Number(form.get('priority')),
        },
      }),
    {
      stale: [['topics']],
      done: ({ data }) => {
        void go({ to: `/topics/${data.id}`, replace: true });
      },
    },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate(new FormData(event.currentTarget));
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t.topics.create} closeButtonProps={{ 'aria-label': t.common.close }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput name="title" label={t.common.title} required minLength={3} maxLength={500} data-autofocus />
          <Textarea name="description" label={t.topics.description} autosize minRows={2} />
          <PlaceFields />
          <NumberInput name="priority" label={t.topics.priority} description={t.topics.priorityHelp} min={1} max={10} defaultValue={5} />
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending}>
              {t.topics.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
