import type { Host, HostSort } from '@content-creator/client';
import { Button, Group, Modal, NumberInput, Stack, Switch, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { defined, useFilters, usePaging } from '../address';
import { number } from '../format';
import { useLanguage } from '../language';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { useAction, useRead } from '../queries';
import { api } from '../session';

type Row = Host & { id: string };

export function Hosts() {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const { page, page_size, turn } = usePaging();
  const [editing, setEditing] = useState<Host | null>(null);
  const query = { page, page_size, blocked: filters['blocked'] ? true : undefined, sort: filters['sort'] as HostSort | undefined };
  const hosts = useRead(['hosts', query], (signal) => api.hosts.list({ query: defined(query), signal }));
  const columns: Column<Row>[] = [
    { name: t.hosts.host, sorts: ['host'], cell: ({ host }) => <Text fw={600}>{host}</Text> },
    { name: t.hosts.rate, numeric: true, cell: (host) => <Rate host={host} /> },
    { name: t.hosts.requests, sorts: ['-requests'], numeric: true, cell: ({ requests, failures }) => `${number(requests, language)} (${t.hosts.failed(failures)})` },
    { name: t.hosts.collections, numeric: true, cell: ({ collections }) => number(collections, language) },
    { name: t.hosts.last, cell: ({ last_request_at, last_status }) => <><Time at={last_request_at} /> {last_status && `· HTTP ${last_status}`}</> },
    {
      name: t.hosts.blocked,
      cell: ({ blocked_until, blocked_reason }) => (
        <>
          <Time at={blocked_until} />
          <Text size="xs" c="dimmed" lang="en">
            {blocked_reason}
          </Text>
        </>
      ),
    },
    {
      name: t.common.actions,
      cell: (host) => (
        <Button size="compact-sm" variant="default" onClick={() => setEditing(host)} aria-label={`${t.hosts.change}: ${host.host}`}>
          {t.hosts.change}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t.nav.hosts} about={t.hosts.about}>
      <Switch label={t.hosts.onlyBlocked} checked={Boolean(filters['blocked'])} onChange={(event) => change({ blocked: event.currentTarget.checked ? '1' : undefined })} />
      <Loaded query={hosts} lines={8}>
        {(list) => (
          <DataTable
            label={t.nav.hosts}
            page={{ ...list, items: list.items.map((host) => ({ ...host, id: host.host })) }}
            columns={columns}
            turn={turn}
            sort={filters['sort'] ?? 'host'}
            onSort={(sort) => change({ sort })}
            busy={hosts.isPlaceholderData}
            empty={<Empty title={t.hosts.none}>{t.hosts.noneCure}</Empty>}
          />
        )}
      </Loaded>
      <Modal opened={editing !== null} onClose={() => setEditing(null)} title={editing?.host} closeButtonProps={{ 'aria-label': t.common.close }}>
        {editing && <Edit host={editing} close={() => setEditing(null)} />}
      </Modal>
    </Page>
  );
}

function Rate({ host }: { host: Host }) {
  const { t, language } = useLanguage();
  const rate = host.requests_per_second === 0 ? t.hosts.unlimited : number(host.requests_per_second, language, 3);
  return (
    <>
      {rate}
      {host.override !== null && (
        <Text size="xs" c="dimmed">
          {t.hosts.byHand}
        </Text>
      )}
    </>
  );
}

function Edit({ host, close }: { host: Host; close: () => void }) {
  const { t } = useLanguage();
  const save = useAction(
    (form: FormData) => {
      const rate = String(form.get('rate'));
      const until = String(form.get('until'));
      return api.hosts.update({
        path: { host: host.host },
        body: { requests_per_second: rate === '' ? null : Number(rate), blocked_until: until ? new Date(until).toISOString() : null },
      });
    },
    {
      stale: [['hosts']],
      done: () => {
        close();
        return t.common.saved;
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
        <NumberInput name="rate" label={t.hosts.rate} description={t.hosts.rateHelp} min={0} step={0.1} decimalScale={4} defaultValue={host.override ?? ''} />
        <TextInput name="until" type="datetime-local" label={t.hosts.blockUntil} description={t.hosts.blockHelp} defaultValue={local(host.blocked_until)} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** A time as the browser's field wants it: local, to the minute. */
function local(at: string | null): string {
  if (!at) return '';
  const time = new Date(at);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
