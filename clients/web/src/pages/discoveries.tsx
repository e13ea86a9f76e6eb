import type { DiscoverySchedule, TopicDiscovery } from '@content-creator/client';
import { Anchor, Badge, Button, Drawer, Group, Modal, Stack, Switch, Tabs, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { defined, useDialog, useFilters, usePaging, useTab } from '../address';
import { number } from '../format';
import { useLanguage } from '../language';
import { ConfirmButton } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { useAction, useRead } from '../queries';
import { api } from '../session';
import { ScheduleForm } from './discoveries/schedule';
import { Found } from './topic/discover';

export function Discoveries() {
  const { t } = useLanguage();
  const tab = useTab('schedules', { schedule: undefined });
  const [adding, add] = useDialog('add');
  const [editing, setEditing] = useState<DiscoverySchedule | null>(null);
  const close = () => {
    setEditing(null);
    if (adding) add.close();
  };
  return (
    <Page
      title={t.nav.discoveries}
      about={t.discoveries.about}
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={add.open}>
          {t.discoveries.add}
        </Button>
      }
    >
      <Tabs {...tab} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="schedules">{t.discoveries.schedules}</Tabs.Tab>
          <Tabs.Tab value="found">{t.discoveries.history}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="schedules">
          <Schedules edit={setEditing} add={add.open} />
        </Tabs.Panel>
        <Tabs.Panel value="found">
          <History />
        </Tabs.Panel>
      </Tabs>
      <Modal
        opened={adding || editing !== null}
        onClose={close}
        size="lg"
        title={editing ? t.discoveries.change : t.discoveries.add}
        closeButtonProps={{ 'aria-label': t.common.close }}
      >
        {(adding || editing) && <ScheduleForm {...(editing && { id: editing.id })} close={close} />}
      </Modal>
    </Page>
  );
}

function Schedules({ edit, add }: { edit: (schedule: DiscoverySchedule) => void; add: () => void }) {
  const { t } = useLanguage();
  const [, change] = useFilters();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size };
  const schedules = useRead(['topics', 'schedules', query], (signal) => api.topics.listDiscoverySchedules({ query, signal }));
  const columns: Column<DiscoverySchedule>[] = [
    {
      name: t.common.name,
      cell: ({ id, name, request }) => (
        <>
          <Anchor component="button" fw={600} ta="start" onClick={() => change({ tab: 'found', schedule: id })}>
            {name}
          </Anchor>
          <Text size="xs" c="dimmed">
            {[request.domain, request.market, request.language, ...(request.keywords ?? []).slice(0, 3)].join(' · ')}
          </Text>
        </>
      ),
    },
    { name: t.discoveries.every, cell: ({ every_hours }) => t.discoveries.everyHours(every_hours) },
    { name: t.discoveries.next, cell: ({ next_run_at, enabled }) => (enabled ? <Time at={next_run_at} /> : t.discoveries.paused) },
    { name: t.discoveries.enabled, cell: (schedule) => <Enabled schedule={schedule} /> },
    { name: t.common.actions, cell: (schedule) => <Actions schedule={schedule} edit={edit} /> },
  ];
  return (
    <Loaded query={schedules} lines={6}>
      {(list) => (
        <DataTable
          label={t.discoveries.schedules}
          page={list}
          columns={columns}
          turn={turn}
          busy={schedules.isPlaceholderData}
          empty={
            <Empty title={t.discoveries.none} action={<Button onClick={add}>{t.discoveries.add}</Button>}>
              {t.discoveries.noneCure}
            </Empty>
          }
        />
      )}
    </Loaded>
  );
}

const STALE = [['topics', 'schedules']];

function Enabled({ schedule: { id, name, enabled } }: { schedule: DiscoverySchedule }) {
  const { t } = useLanguage();
  const toggle = useAction((on: boolean) => api.topics.updateDiscoverySchedule({ path: { id }, body: { enabled: on } }), { stale: STALE });
  return (
    <Switch
      aria-label={`${t.discoveries.enabled}: ${name}`}
      checked={toggle.isPending ? toggle.variables : enabled}
      onChange={(event) => toggle.mutate(event.currentTarget.checked)}
    />
  );
}

function Actions({ schedule, edit }: { schedule: DiscoverySchedule; edit: (schedule: DiscoverySchedule) => void }) {
  const { t } = useLanguage();
  const remove = useAction(() => api.topics.deleteDiscoverySchedule({ path: { id: schedule.id } }), { stale: STALE, done: () => t.discoveries.removed });
  return (
    <Group gap={6}>
      <Button size="compact-sm" variant="default" onClick={() => edit(schedule)} aria-label={`${t.discoveries.change}: ${schedule.name}`}>
        {t.discoveries.change}
      </Button>
      <ConfirmButton
        size="compact-sm"
        label={t.common.delete}
        question={t.discoveries.removeQuestion(schedule.name)}
        busy={remove.isPending}
        act={() => remove.mutate(undefined)}
      />
    </Group>
  );
}

function History() {
  const { t, language } = useLanguage();
  const [filters, change] = useFilters();
  const { page, page_size, turn } = usePaging();
  const [opened, setOpened] = useState<TopicDiscovery | null>(null);
  const query = { page, page_size, schedule_id: filters['schedule'] };
  const discoveries = useRead(['topics', 'discoveries', query], (signal) => api.topics.listDiscoveries({ query: defined(query), signal }));
  const columns: Column<TopicDiscovery>[] = [
    { name: t.discoveries.ran, cell: ({ created_at }) => <Time at={created_at} /> },
    {
      name: t.discoveries.where,
      cell: ({ request, schedule_id }) => (
        <Group gap={6}>
          {[request.domain, request.market, request.language].join(' · ')}
          {schedule_id && <Badge color="gray">{t.discoveries.byClock}</Badge>}
        </Group>
      ),
    },
    { name: t.nav.documents, numeric: true, cell: ({ report }) => number(report.documents, language) },
    { name: t.discoveries.newTopics, numeric: true, cell: ({ report }) => number(report.topics.filter(({ created }) => created).length, language) },
    { name: t.discoveries.knownTopics, numeric: true, cell: ({ report }) => number(report.topics.filter(({ created }) => !created).length, language) },
    {
      name: t.common.actions,
      cell: (discovery) => (
        <Button size="compact-sm" variant="default" onClick={() => setOpened(discovery)}>
          {t.discoveries.open}
        </Button>
      ),
    },
  ];
  return (
    <Stack>
      {filters['schedule'] && (
        <Button size="compact-sm" variant="light" w="fit-content" onClick={() => change({ schedule: undefined })} aria-label={t.documents.without(t.discoveries.ofOne)}>
          {t.discoveries.ofOne} ×
        </Button>
      )}
      <Loaded query={discoveries} lines={6}>
        {(list) => (
          <DataTable
            label={t.discoveries.history}
            page={list}
            columns={columns}
            turn={turn}
            busy={discoveries.isPlaceholderData}
            empty={<Empty title={t.discoveries.noneRan}>{t.discoveries.noneRanCure}</Empty>}
          />
        )}
      </Loaded>
      <Drawer opened={opened !== null} onClose={() => setOpened(null)} position="right" size="lg" title={t.discoveries.found} closeButtonProps={{ 'aria-label': t.common.close }}>
        {opened && <Found report={opened.report} />}
      </Drawer>
    </Stack>
  );
}
