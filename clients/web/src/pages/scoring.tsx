import { ProfileKind, type Rescoring, type ScoringProfile } from '@content-creator/client';
import { Anchor, Badge, Button, Group, Modal, Select, Stack, Tabs, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { defined, useDialog, useFilters, usePaging, useTab } from '../address';
import { number, percent } from '../format';
import { useLanguage } from '../language';
import { ConfirmButton } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { type Column, DataTable } from '../parts/table';
import { Time } from '../parts/time';
import { To } from '../parts/to';
import { useAction, useRead } from '../queries';
import { api } from '../session';
import { ProfileForm, PARTS } from './scoring/form';
import { RescoreForm } from './scoring/rescore';

export function Scoring() {
  const { t } = useLanguage();
  const [filters] = useFilters();
  const [creating, create] = useDialog('create');
  const [chosen, setForm] = useState<Form | null>(null);
  const form = creating ? { title: t.scoring.create } : chosen;
  const close = () => {
    setForm(null);
    if (creating) create.close();
  };
  const of = filters['name'];
  return (
    <Page
      title={of ? t.scoring.versionsOf(of) : t.nav.scoring}
      about={t.scoring.about}
      {...(of && { back: { to: '/scoring', name: t.nav.scoring } })}
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={create.open}>
          {t.scoring.create}
        </Button>
      }
    >
      {of ? <Profiles open={setForm} /> : <Sections open={setForm} />}
      <Modal opened={form !== null} onClose={close} size="lg" title={form?.title} closeButtonProps={{ 'aria-label': t.common.close }}>
        {form && (form.tryOut ? <RescoreForm profile={form.tryOut} /> : <ProfileForm close={close} {...form} />)}
      </Modal>
    </Page>
  );
}

function Sections({ open }: { open: (form: Form) => void }) {
  const { t } = useLanguage();
  const tab = useTab('profiles');
  return (
    <Tabs {...tab} keepMounted={false}>
      <Tabs.List mb="lg">
        <Tabs.Tab value="profiles">{t.scoring.profiles}</Tabs.Tab>
        <Tabs.Tab value="tried">{t.rescoring.tried}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="profiles">
        <Stack>
          <Kinds />
          <Profiles open={open} />
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="tried">
        <Rescorings />
      </Tabs.Panel>
    </Tabs>
  );
}

function Kinds() {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  return (
    <Select
      w={220}
      label={t.scoring.kind}
      placeholder={t.common.all}
      clearable
      clearButtonProps={{ 'aria-label': t.common.clear }}
      data={Object.values(ProfileKind).map((value) => ({ value, label: t.profileKind[value] }))}
      value={filters['kind'] ?? null}
      onChange={(kind) => change({ kind: kind ?? undefined })}
    />
  );
}

/** What the dialog is about: a profile to begin with, and whether it is a next version of it; or one to try out. */
interface Form {
  title: string;
  from?: ScoringProfile;
  next?: boolean;
  tryOut?: ScoringProfile;
}

type Row = ScoringProfile & { id: string };

function Profiles({ open }: { open: (form: Form) => void }) {
  const { t, language } = useLanguage();
  const [filters] = useFilters();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size, kind: filters['kind'] as ProfileKind | undefined, name: filters['name'] };
  const profiles = useRead(['topics', 'profiles', query], (signal) => api.topics.listScoringProfiles({ query: defined(query), signal }));
  const columns: Column<Row>[] = [
    { name: t.common.name, cell: (profile) => <Name profile={profile} /> },
    { name: t.scoring.kind, cell: ({ kind }) => t.profileKind[kind] },
    {
      name: t.scoring.weights,
      cell: ({ kind, weights }) => (
        <Group gap={6}>
          {PARTS[kind].map((part) => (
            <Badge key={part} color="gray">
              {t.scorePart[part]} {percent(weights[part] ?? 0, language)}
            </Badge>
          ))}
        </Group>
      ),
      width: '40%',
    },
    { name: t.scoring.threshold, numeric: true, cell: ({ parameters }) => percent(parameters['threshold'], language) },
    { name: t.common.created, cell: ({ created_at }) => <Time at={created_at} /> },
    { name: t.common.actions, cell: (profile) => <Actions profile={profile} open={open} /> },
  ];
  return (
    <Loaded query={profiles} lines={6}>
      {(list) => (
        <DataTable
          label={t.nav.scoring}
          page={{ ...list, items: list.items.map((profile) => ({ ...profile, id: `${profile.name} ${profile.version}` })) }}
          columns={columns}
          turn={turn}
          busy={profiles.isPlaceholderData}
          empty={<Empty title={t.scoring.none}>{t.scoring.noneCure}</Empty>}
        />
      )}
    </Loaded>
  );
}

function Name({ profile: { name, version, fixed, archived_at } }: { profile: ScoringProfile }) {
  const { t } = useLanguage();
  return (
    <>
      <Text fw={600}>{name}</Text>
      <Text size="xs" c="dimmed">
        {t.scoring.version(version)}
        {fixed && ` · ${t.scoring.builtIn}`}
        {archived_at && ` · ${t.scoring.archived}`}
      </Text>
    </>
  );
}

function Actions({ profile, open }: { profile: ScoringProfile; open: (form: Form) => void }) {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const remove = useAction(() => api.topics.deleteScoringProfile({ path: { name: profile.name } }), {
    stale: [['topics', 'profiles']],
    done: () => t.scoring.removed,
  });
  const button = (label: string, act: () => void) => (
    <Button size="compact-sm" variant="default" onClick={act} aria-label={`${label}: ${profile.name}`}>
      {label}
    </Button>
  );
  return (
    <Group gap={6}>
      {profile.fixed || profile.archived_at
        ? button(t.scoring.copy, () => open({ title: t.scoring.create, from: profile }))
        : button(t.scoring.change, () => open({ title: t.scoring.changeTitle(profile.name), from: profile, next: true }))}
      {profile.kind === 'validation' &&
        !profile.archived_at &&
        button(t.rescoring.tryOut, () => open({ title: t.rescoring.tryTitle(profile.name, profile.version), tryOut: profile }))}
      {!filters['name'] && profile.version > 1 && button(t.scoring.versions, () => change({ name: profile.name, kind: undefined }))}
      {!profile.fixed && !profile.archived_at && !filters['name'] && (
        <ConfirmButton
          size="compact-sm"
          label={t.common.delete}
          question={t.scoring.removeQuestion(profile.name)}
          busy={remove.isPending}
          act={() => remove.mutate(undefined)}
        />
      )}
    </Group>
  );
}

/** What was tried out, the newest first. */
function Rescorings() {
  const { t, language } = useLanguage();
  const { page, page_size, turn } = usePaging();
  const query = { page, page_size };
  const rescorings = useRead(['topics', 'rescorings', query], (signal) => api.topics.listRescorings({ query, signal }));
  const columns: Column<Rescoring>[] = [
    {
      name: t.scoring.profile,
      cell: ({ id, profile, profile_version }) => (
        <Anchor component={To} to={`/scoring/${id}`} fw={600}>
          {t.rescoring.of(profile, profile_version)}
        </Anchor>
      ),
    },
    { name: t.rescoring.scored, numeric: true, cell: ({ scored, topics }) => `${number(scored, language)} / ${number(topics, language)}` },
    { name: t.rescoring.risen, numeric: true, cell: ({ risen }) => number(risen, language) },
    { name: t.rescoring.fallen, numeric: true, cell: ({ fallen }) => number(fallen, language) },
    { name: t.rescoring.nowPassed, numeric: true, cell: ({ now_passed }) => number(now_passed, language) },
    { name: t.common.created, cell: ({ created_at }) => <Time at={created_at} /> },
  ];
  return (
    <Loaded query={rescorings} lines={6}>
      {(list) => (
        <DataTable
          label={t.rescoring.tried}
          page={list}
          columns={columns}
          turn={turn}
          busy={rescorings.isPlaceholderData}
          empty={<Empty title={t.rescoring.noneTried}>{t.rescoring.noneTriedCure}</Empty>}
        />
      )}
    </Loaded>
  );
}
