import { EventType, type Webhook, type WebhookDelivery, type WebhookWithSecret } from '@content-creator/client';
import { Alert, Badge, Button, Code, Drawer, Group, Modal, MultiSelect, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useDialog, usePaging } from '../../address';
import { useLanguage } from '../../language';
import { ConfirmButton } from '../../parts/confirm';
import { Copyable } from '../../parts/copyable';
import { Empty } from '../../parts/empty';
import { Loaded } from '../../parts/loaded';
import { type Column, DataTable } from '../../parts/table';
import { Time } from '../../parts/time';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';

export function Webhooks() {
  const { t } = useLanguage();
  const { page, page_size, turn } = usePaging();
  const [adding, add] = useDialog('create');
  const [log, setLog] = useState<Webhook | null>(null);
  const hooks = useRead(['webhooks', 'list', page, page_size], (signal) => api.webhooks.list({ query: { page, page_size }, signal }));
  const columns: Column<Webhook>[] = [
    {
      name: t.webhooks.address,
      cell: ({ url, description }) => (
        <>
          <Text fw={600}>{description || new URL(url).host}</Text>
          <Code>{url}</Code>
        </>
      ),
    },
    { name: t.webhooks.events, cell: ({ event_types }) => event_types?.join(', ') ?? t.webhooks.allEvents },
    { name: t.webhooks.state, cell: (hook) => <State hook={hook} /> },
    { name: t.webhooks.enabled, cell: (hook) => <Enabled hook={hook} /> },
    { name: t.common.actions, cell: (hook) => <Actions hook={hook} openLog={setLog} /> },
  ];
  const button = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={add.open}>
      {t.webhooks.add}
    </Button>
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed" maw={720}>
          {t.webhooks.about}
        </Text>
        {button}
      </Group>
      <Loaded query={hooks}>
        {(list) => (
          <DataTable
            label={t.settings.webhooks}
            page={list}
            columns={columns}
            turn={turn}
            busy={hooks.isPlaceholderData}
            empty={<Empty title={t.webhooks.none}>{t.webhooks.noneCure}</Empty>}
          />
        )}
      </Loaded>
      <Modal opened={adding} onClose={add.close} title={t.webhooks.add} closeButtonProps={{ 'aria-label': t.common.close }}>
        <Add />
      </Modal>
      <Drawer
        opened={log !== null}
        onClose={() => setLog(null)}
        position="right"
        size="xl"
        title={t.webhooks.deliveries}
        closeButtonProps={{ 'aria-label': t.common.close }}
      >
        {log && <Deliveries hook={log} />}
      </Drawer>
    </Stack>
  );
}

function State({ hook }: { hook: Webhook }) {
  const { t } = useLanguage();
  if (hook.disabled_reason) {
    return (
      <>
        <Badge color="red">{t.webhooks.disabled}</Badge>
        <Text size="xs" c="dimmed">
          {t.webhooks.disabledReason[hook.disabled_reason]}
        </Text>
      </>
    );
  }
  if (!hook.enabled) return <Badge color="gray">{t.webhooks.paused}</Badge>;
  if (!hook.failing_since) return <Badge color="green">{t.webhooks.works}</Badge>;
  return (
    <>
      <Badge color="yellow">{t.webhooks.failing}</Badge>
      <Text size="xs" c="dimmed">
        <Time at={hook.failing_since} />
      </Text>
    </>
  );
}

function Enabled({ hook }: { hook: Webhook }) {
  const { t } = useLanguage();
  const change = useAction((enabled: boolean) => api.webhooks.update({ path: { id: hook.id }, body: { enabled } }), { stale: [['webhooks']] });
  return (
    <Switch
      aria-label={`${t.webhooks.enabled}: ${hook.description || hook.url}`}
      checked={hook.enabled}
      disabled={change.isPending}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
    />
  );
}

function Actions({ hook, openLog }: { hook: Webhook; openLog: (hook: Webhook) => void }) {
  const { t } = useLanguage();
  const [made, setMade] = useState<WebhookWithSecret | null>(null);
  const path = { id: hook.id };
  const test = useAction(() => api.webhooks.test({ path }), {
    stale: [['webhooks']],
    done: () => openLog(hook),
  });
  const rotate = useAction(() => api.webhooks.rotateSecret({ path }), { stale: [['webhooks']], done: ({ data }) => setMade(data) });
  const remove = useAction(() => api.webhooks.delete({ path }), { stale: [['webhooks']], done: () => t.webhooks.deleted });
  return (
    <Group gap="xs" wrap="nowrap">
      <Button size="compact-sm" variant="default" onClick={() => openLog(hook)}>
        {t.webhooks.deliveries}
      </Button>
      <Button size="compact-sm" variant="default" loading={test.isPending} disabled={!hook.enabled} onClick={() => test.mutate(undefined)}>
        {t.webhooks.test}
      </Button>
      <ConfirmButton size="compact-sm" label={t.webhooks.rotate} question={t.webhooks.rotateQuestion} busy={rotate.isPending} act={() => rotate.mutate(undefined)} />
      <ConfirmButton
        size="compact-sm"
        label={t.common.delete}
        question={t.webhooks.deleteQuestion(hook.description || hook.url)}
        busy={remove.isPending}
        act={() => remove.mutate(undefined)}
      />
      <Modal opened={made !== null} onClose={() => setMade(null)} title={t.webhooks.rotate} closeButtonProps={{ 'aria-label': t.common.close }}>
        {made && <Secret hook={made} />}
      </Modal>
    </Group>
  );
}

function Add() {
  const { t } = useLanguage();
  const [made, setMade] = useState<WebhookWithSecret | null>(null);
  const [types, setTypes] = useState<string[]>([]);
  const add = useAction(
    (form: FormData) =>
      api.webhooks.create({
        body: {
          url: String(form.get('url')),
          description: String(form.get('description')),
          event_types: types.length > 0 ? (types as EventType[]) : null,
        },
      }),
    { stale: [['webhooks']], done: ({ data }) => setMade(data) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate(new FormData(event.currentTarget));
  };
  if (made) return <Secret hook={made} />;
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput name="url" type="url" label={t.webhooks.address} description={t.webhooks.addressHelp} required data-autofocus />
        <TextInput name="description" label={t.webhooks.description} maxLength={500} />
        <MultiSelect
          label={t.webhooks.events}
          description={t.webhooks.eventsHelp}
          data={Object.values(EventType)}
          value={types}
          onChange={setTypes}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t.common.clear }}
          comboboxProps={{ withinPortal: true }}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {t.webhooks.add}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Secret({ hook }: { hook: WebhookWithSecret }) {
  const { t } = useLanguage();
  return (
    <Stack>
      <Alert color="teal" title={t.webhooks.secretMade}>
        {t.webhooks.secretOnce}
        {hook.previous_secret_until && ` ${t.webhooks.secretOverlap}`}
      </Alert>
      <Copyable value={hook.secret} />
    </Stack>
  );
}

const STATE = { pending: 'blue', succeeded: 'green', failed: 'red' };
/** How often the log is read while something waits: deliveries are no events, or each would bring the next. */
const WAITING = 1_000;
const SHOWN = 20;

function Deliveries({ hook }: { hook: Webhook }) {
  const { t } = useLanguage();
  const [page, setPage] = useState({ page: 1, page_size: SHOWN });
  const path = { id: hook.id };
  const deliveries = useRead(['webhooks', 'deliveries', hook.id, page], (signal) => api.webhooks.listDeliveries({ path, query: page, signal }), {
    refetchInterval: (list) => (list?.items.some(({ state }) => state === 'pending') ? WAITING : false),
  });
  const columns: Column<WebhookDelivery>[] = [
    {
      name: t.webhooks.event,
      cell: ({ event_type, replay_of, created_at }) => (
        <>
          <Text fw={600}>{event_type}</Text>
          <Text size="xs" c="dimmed">
            <Time at={created_at} /> {replay_of && `· ${t.webhooks.replayed}`}
          </Text>
        </>
      ),
    },
    { name: t.webhooks.state, cell: ({ state }) => <Badge color={STATE[state]}>{t.webhooks.deliveryState[state]}</Badge> },
    { name: t.webhooks.answer, cell: (delivery) => <LastAttempt delivery={delivery} /> },
    { name: t.common.actions, cell: (delivery) => <Replay hook={hook} delivery={delivery} /> },
  ];
  return (
    <Stack>
      <Code>{hook.url}</Code>
      <Text size="sm" c="dimmed">
        {t.webhooks.deliveriesHelp}
      </Text>
      <Loaded query={deliveries}>
        {(list) => (
          <DataTable
            label={t.webhooks.deliveries}
            page={list}
            columns={columns}
            turn={(to, size) => setPage({ page: to, page_size: size })}
            busy={deliveries.isPlaceholderData}
            empty={<Empty title={t.webhooks.noDeliveries} />}
          />
        )}
      </Loaded>
    </Stack>
  );
}

function LastAttempt({ delivery: { attempts, next_attempt_at } }: { delivery: WebhookDelivery }) {
  const { t } = useLanguage();
  const last = attempts.at(-1);
  return (
    <>
      {last && (
        <Text size="sm" lang="en" lineClamp={3}>
          {last.status === null ? last.error : `HTTP ${last.status} ${last.answer ?? ''}`}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {t.webhooks.attempts(attempts.length)}
        {next_attempt_at && attempts.length > 0 && (
          <>
            {' '}
            · {t.webhooks.next} <Time at={next_attempt_at} />
          </>
        )}
      </Text>
    </>
  );
}

function Replay({ hook, delivery }: { hook: Webhook; delivery: WebhookDelivery }) {
  const { t } = useLanguage();
  const replay = useAction(() => api.webhooks.replayDelivery({ path: { id: hook.id, delivery_id: delivery.id } }), {
    stale: [['webhooks', 'deliveries']],
  });
  return (
    <Button size="compact-sm" variant="default" loading={replay.isPending} disabled={delivery.state === 'pending' || !hook.enabled} onClick={() => replay.mutate(undefined)}>
      {t.webhooks.replay}
    </Button>
  );
}
