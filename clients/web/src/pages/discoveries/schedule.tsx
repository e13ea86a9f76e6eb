import type { DiscoverySchedule } from '@content-creator/client';
import { Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import type { FormEvent } from 'react';
import { useTexts } from '../../language';
import { Loaded } from '../../parts/loaded';
import { useAction, useVersioned, type Versioned } from '../../queries';
import { api } from '../../session';
import { DiscoveryFields, discoveryRequest } from '../topic/discovery-fields';

/** A schedule to add; with an id, one to change. */
export function ScheduleForm({ id, close }: { id?: string; close: () => void }) {
  return id ? <Known id={id} close={close} /> : <Fields close={close} />;
}

function Known({ id, close }: { id: string; close: () => void }) {
  const schedule = useVersioned(['topics', 'schedule', id], (signal) => api.topics.getDiscoverySchedule({ path: { id }, signal }));
  return (
    <Loaded query={schedule} lines={6}>
      {(versioned) => <Fields key={versioned.etag} versioned={versioned} close={close} />}
    </Loaded>
  );
}

function Fields({ versioned, close }: { versioned?: Versioned<DiscoverySchedule>; close: () => void }) {
  const t = useTexts();
  const schedule = versioned?.data;
  const save = useAction(
    (form: FormData) => {
      const body = {
        name: String(form.get('name')),
        every_hours: Number(form.get('every_hours')),
        // What the form does not ask for stays.
        request: { ...kept(schedule), ...discoveryRequest(form) },
      };
      if (!versioned) return api.topics.createDiscoverySchedule({ body });
      return api.topics.updateDiscoverySchedule({ path: { id: versioned.data.id }, headers: { 'If-Match': versioned.etag }, body });
    },
    {
      stale: [['topics', 'schedules'], ['topics', 'schedule']],
      done: () => {
        close();
        return schedule ? t.common.saved : t.discoveries.added;
      },
    },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {!schedule && (
          <Text size="sm" c="dimmed">
            {t.discoveries.addHelp}
          </Text>
        )}
        <Group grow align="flex-start">
          <TextInput name="name" label={t.common.name} defaultValue={schedule?.name ?? ''} required maxLength={200} data-autofocus />
          <NumberInput name="every_hours" label={t.discoveries.everyHoursLabel} min={1} max={744} defaultValue={schedule?.every_hours ?? 24} required />
        </Group>
        <DiscoveryFields {...(schedule && { request: schedule.request })} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {schedule ? t.common.save : t.discoveries.add}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function kept(schedule: DiscoverySchedule | undefined) {
  const { limit, dry_run } = schedule?.request ?? {};
  return { ...(limit !== undefined && { limit }), ...(dry_run !== undefined && { dry_run }) };
}
