import { type Collection, type CollectionSort, CollectionType, HealthState, type ImportJob } from '@content-creator/client';
import { Alert, Anchor, Button, FileButton, Group, List, Menu, Modal, Paper, Select, Stack, Switch, Text } from '@mantine/core';
import { IconDownload, IconPlus, IconUpload } from '@tabler/icons-react';
import { type FormEvent, useMemo, useState } from 'react';
import { defined, useDialog, useFilters, usePaging, useTypedFilter } from '../address';
import { number } from '../format';
import { useLanguage } from '../language';
import { HealthBadge } from '../parts/badges';
import { Empty } from '../parts/empty';
import { JobProgress } from '../parts/job-progress';
import { FilterBar } from '../parts/filter-bar';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { PlaceFields, PlaceInput } from '../parts/place';
import { saveFile } from '../parts/save-file';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useAction, useRead } from '../queries';
import { api } from '../session';
import { AddCollection } from './collection/add';

export function Collections() {
  const { t } = useLanguage();
  const [adding, add] = useDialog('add');
  return (
    <Page
      title={t.nav.collections}
      about={t.collections.about}
      actions={
        <>
          <Opml />
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={add.open}>
            {t.collections.add}
          </Button>
        </>
      }
    >
      <CollectionFilters />
      <CollectionTable add={add.open} />
      <AddCollection opened={adding} onClose={add.close} />
    </Page>
  );
}

function CollectionFilters() {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const domain = useTypedFilter('domain');
  const market = useTypedFilter('market');
  return (
    <Paper withBorder p="md">
      <FilterBar>
        <Select
          label={t.collections.type}
          placeholder={t.common.all}
          clearable
          clearButtonProps={{ 'aria-label': t.common.clear }}
          data={Object.values(CollectionType).map((value) => ({ value, label: t.source[value] }))}
          value={filters['type'] ?? null}
          onChange={(type) => change({ type: type ?? undefined })}
        />
        <Select
          label={t.collections.health}
          placeholder={t.common.all}
          clearable
          clearButtonProps={{ 'aria-label': t.common.clear }}
          data={Object.values(HealthState).map((value) => ({ value, label: t.health[value] }))}
          value={filters['health'] ?? null}
          onChange={(health) => change({ health: health ?? undefined })}
        />
        <PlaceInput of="domain" w={140} {...domain} />
        <PlaceInput of="market" w={110} {...market} />
      </FilterBar>
    </Paper>
  );
}

function CollectionTable({ add }: { add: () => void }) {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const columns = useColumns();
  const { page, page_size, turn } = usePaging();
  const query = {
    page,
    page_size,
    type: filters['type'] as CollectionType | undefined,
    health: filters['health'] as HealthState | undefined,
    domain: filters['domain'],
    market: filters['market'],
    sort: filters['sort'] as CollectionSort | undefined,
  };
  const collections = useRead(['collections', 'list', query], (signal) => api.collections.list({ query: defined(query), signal }));
  return (
    <Loaded query={collections} lines={8}>
      {(list) => (
        <DataTable
          label={t.nav.collections}
          page={list}
          columns={columns}
          turn={turn}
          sort={filters['sort'] ?? '-created_at'}
          onSort={(sort) => change({ sort })}
          busy={collections.isPlaceholderData}
          empty={
            <Empty title={t.collections.none} action={<Button onClick={add}>{t.collections.add}</Button>}>
              {t.collections.noneCure}
            </Empty>
          }
        />
      )}
    </Loaded>
  );
}

function useColumns(): Column<Collection>[] {
  const { t, language } = useLanguage();
  return useMemo(
    () => [
      {
        name: t.common.name,
        sorts: ['name'],
        cell: ({ id, name, url, type }) => (
          <>
            <Anchor component={To} to={`/collections/${id}`} fw={600}>
              {name}
            </Anchor>
            <Text size="xs" c="dimmed" lineClamp={1}>
              {t.source[type]} {url && `· ${url}`}
            </Text>
          </>
        ),
      },
      { name: t.collections.health, cell: ({ health }) => <HealthBadge health={health} /> },
      { name: t.nav.documents, numeric: true, cell: ({ documents_count }) => number(documents_count, language) },
      { name: t.collections.lastPoll, cell: ({ last_polled_at }) => <Time at={last_polled_at} /> },
      { name: t.collections.nextPoll, sorts: ['next_poll_at'], cell: ({ next_poll_at, enabled }) => <Time at={enabled ? next_poll_at : null} /> },
      { name: t.common.created, sorts: ['-created_at'], cell: ({ created_at }) => <Time at={created_at} /> },
    ],
    [t, language],
  );
}

function Opml() {
  const { t } = useLanguage();
  const [file, setFile] = useState<File | null>(null);
  const save = useAction(async () => {
    const { data } = await api.collections.export({ parseAs: 'text' });
    saveFile(new Blob([String(data)], { type: 'text/x-opml' }), 'collections.opml');
  });
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" loading={save.isPending}>
            OPML
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <FileButton accept=".opml,.xml,text/x-opml" onChange={setFile}>
            {(props) => (
              <Menu.Item {...props} closeMenuOnClick={false} leftSection={<IconUpload size={16} aria-hidden />}>
                {t.collections.import}
              </Menu.Item>
            )}
          </FileButton>
          <Menu.Item leftSection={<IconDownload size={16} aria-hidden />} onClick={() => save.mutate(undefined)}>
            {t.collections.export}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={file !== null} onClose={() => setFile(null)} title={t.collections.import} closeButtonProps={{ 'aria-label': t.common.close }}>
        {file && <Import file={file} />}
      </Modal>
    </>
  );
}

function Import({ file }: { file: File }) {
  const { t } = useLanguage();
  const [job, setJob] = useState<string | null>(null);
  const send = useAction(
    async (form: FormData) =>
      api.collections.import({
        body: await file.text(),
        query: {
          ...defined({ domain: String(form.get('domain')), market: String(form.get('market')), language: String(form.get('language')) }),
          dry_run: form.get('dry_run') !== null,
        },
      }),
    { stale: [['collections']], done: ({ data }) => setJob(data.id) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    send.mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text fw={600}>{file.name}</Text>
        <Text size="sm" c="dimmed">
          {t.collections.importHelp}
        </Text>
        <PlaceFields languageOptional />
        <Switch name="dry_run" label={t.collections.dryRun} />
        <Group justify="flex-end">
          <Button type="submit" loading={send.isPending}>
            {t.collections.import}
          </Button>
        </Group>
        {job && (
          <JobProgress key={job} id={job}>
            {(done) => <Imported report={(done as ImportJob).result} />}
          </JobProgress>
        )}
      </Stack>
    </form>
  );
}

function Imported({ report }: { report: ImportJob['result'] }) {
  const { t } = useLanguage();
  if (!report) return null;
  return (
    <Alert color="teal" title={report.dry_run ? t.collections.wouldImport(report.created) : t.collections.imported(report.created)}>
      {t.collections.notImported(report.duplicates_count, report.refused_count)}
      <List size="sm">
        {report.refused.slice(0, 10).map(({ line, name, reason }) => (
          <List.Item key={line}>
            {name}: <span lang="en">{reason}</span>
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
