import type { Draft, Job, SynthesisResult } from '@content-creator/client';
import { Alert, Badge, Button, Group, Menu, NumberInput, Paper, Select, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { type FormEvent, Suspense, useState } from 'react';
import { useFilters } from '../../address';
import { dateTime, number } from '../../format';
import { useLanguage } from '../../language';
import { CitationDrawer, type Opened, ToQuote } from '../../parts/citation';
import { claimsCitedInDraft } from '../../parts/cited';
import { Comparison } from '../../parts/comparison';
import { ConfirmButton } from '../../parts/confirm';
import { ContentScore } from '../../parts/content-score';
import { Empty } from '../../parts/empty';
import { Facts } from '../../parts/facts';
import { JobProgress } from '../../parts/job-progress';
import { lazily } from '../../parts/lazily';
import { Loaded, Waiting } from '../../parts/loaded';
import { saveFile } from '../../parts/save-file';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';
import { EditDraft } from './draft-edit';

const Markdown = lazily(async () => (await import('../../parts/markdown')).Markdown);

export function Drafts({ id }: { id: string }) {
  const { t } = useLanguage();
  const [filters, change] = useFilters();
  const [job, setJob] = useState<string | null>(null);
  const [shortfall, setShortfall] = useState<string | null>(null);
  const drafts = useRead(['topics', id, 'drafts'], (signal) => api.topics.listDrafts({ path: { id }, query: { page_size: 100 }, signal }));
  const show = (draft: string) => change({ draft });
  return (
    <Stack>
      <Synthesise id={id} begun={setJob} />
      {job && (
        <JobProgress
          key={job}
          id={job}
          ended={(ended) => {
            void drafts.refetch();
            const made = (ended as Job & { result: SynthesisResult | null }).result;
            if (made) show(made.draft_id);
            setShortfall(made?.shortfall ?? null);
          }}
        />
      )}
      {shortfall && (
        <Alert color="yellow" lang="en">
          {shortfall}
        </Alert>
      )}
      <Loaded query={drafts}>
        {({ items }) => {
          const draft = items.find((one) => one.id === filters['draft']) ?? items[0];
          if (!draft) {
            return (
              <Paper withBorder>
                <Empty title={t.drafts.none}>{t.drafts.noneCure}</Empty>
              </Paper>
            );
          }
          return <Version key={draft.id} draft={draft} all={items} show={show} />;
        }}
      </Loaded>
    </Stack>
  );
}

function Synthesise({ id, begun }: { id: string; begun: (job: string) => void }) {
  const { t } = useLanguage();
  const synthesise = useAction(
    (form: FormData) =>
      api.topics.synthesize({
        path: { id },
        body: {
          target_words: Number(form.get('target_words')),
          ...(form.get('keyword') && { keyword: String(form.get('keyword')) }),
          ...(form.get('tone') && { tone: String(form.get('tone')) }),
          ...(form.get('max_cost_usd') && { max_cost_usd: Number(form.get('max_cost_usd')) }),
        },
      }),
    { stale: [['jobs']], done: ({ data }) => begun(data.id) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    synthesise.mutate(new FormData(event.currentTarget));
  };
  return (
    <Paper withBorder p="md" component="form" onSubmit={submit}>
      <Group align="flex-end">
        <NumberInput name="target_words" label={t.drafts.targetWords} min={100} max={5_000} step={100} defaultValue={1500} w={140} />
        <TextInput name="keyword" label={t.drafts.keyword} placeholder={t.drafts.keywordPlaceholder} minLength={2} flex="1 1 10rem" />
        <TextInput name="tone" label={t.drafts.tone} placeholder={t.drafts.tonePlaceholder} flex="1 1 10rem" />
        <NumberInput name="max_cost_usd" label={t.research.maxCost} placeholder={t.research.noLimit} min={0} step={0.1} w={150} />
        <Button type="submit" loading={synthesise.isPending}>
          {t.drafts.synthesise}
        </Button>
      </Group>
    </Paper>
  );
}

interface VersionProps {
  draft: Draft;
  all: Draft[];
  show: (id: string) => void;
}

function Version({ draft, all, show }: VersionProps) {
  const { t, language } = useLanguage();
  const [view, setView] = useState<'read' | 'score' | 'edit' | 'compare'>('read');
  const remove = useAction(() => api.topics.deleteDraft({ path: { id: draft.id } }), { stale: [['topics']], done: () => t.drafts.deleted });
  return (
    <Paper withBorder p="md">
      <Stack>
        <Group justify="space-between" align="flex-end">
          <Select
            label={t.drafts.version}
            w="100%"
            maw={360}
            allowDeselect={false}
            data={all.map((one) => ({ value: one.id, label: `v${one.version} · ${dateTime(one.created_at, language)}${one.edited ? ` · ${t.drafts.edited}` : ''}` }))}
            value={draft.id}
            onChange={(id) => id && show(id)}
          />
          <Group gap="xs">
            <Export draft={draft} />
            <ConfirmButton label={t.common.delete} question={t.drafts.deleteQuestion} busy={remove.isPending} act={() => remove.mutate(undefined)} />
          </Group>
        </Group>
        <SegmentedControl
          maw="100%"
          w="fit-content"
          className="scrolls"
          aria-label={t.drafts.view}
          value={view}
          onChange={(value) => setView(value as typeof view)}
          data={[
            { value: 'read', label: t.drafts.read },
            { value: 'score', label: t.drafts.score, disabled: draft.content_score === null },
            { value: 'edit', label: t.drafts.edit },
            { value: 'compare', label: t.drafts.compare, disabled: all.length < 2 },
          ]}
        />
        {view === 'read' && <Read draft={draft} />}
        {view === 'score' && draft.content_score && <ContentScore score={draft.content_score} />}
        {view === 'edit' && <EditDraft key={draft.id} draft={draft} saved={show} />}
        {view === 'compare' && <Compare draft={draft} all={all} />}
      </Stack>
    </Paper>
  );
}

/** The text: every citation opens its quote beside its source. */
function Body({ draft }: { draft: Draft }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const run = draft.run_id;
  const claims = useRead(
    ['research', run ?? '', 'claims'],
    (signal) => api.research.listClaims({ path: { id: run! }, query: { page_size: 100 }, signal }),
    { enabled: run !== null },
  );
  const known = claims.data?.items ?? [];
  return (
    <div lang={draft.language}>
      <Suspense fallback={<Waiting lines={8} />}>
        <Markdown
          text={draft.body_markdown}
          citation={(cited, before) => {
            const meant = claimsCitedInDraft(known, draft, cited, before);
            return meant.length > 0 ? <ToQuote number={cited} open={() => setOpened({ claims: meant, said: [] })} /> : `[${cited}]`;
          }}
        />
      </Suspense>
      <CitationDrawer opened={opened} onClose={() => setOpened(null)} />
    </div>
  );
}

function Read({ draft }: { draft: Draft }) {
  const { t, language } = useLanguage();
  return (
    <Stack>
      <Group gap="xs">
        <Badge color={draft.method === 'model' ? 'violet' : 'blue'}>{t.method[draft.method]}</Badge>
        <Text size="sm" c="dimmed">
          {t.drafts.words(number(draft.word_count, language), number(draft.target_words, language))} · {t.drafts.sources(draft.citations.length)}
        </Text>
      </Group>
      <Body draft={draft} />
      <Facts
        columns={2}
        facts={[
          [t.drafts.meta, draft.meta_description ?? t.common.unknown],
          [t.drafts.picture, draft.hero_image_prompt || t.common.unknown],
        ]}
      />
      {draft.dropped.length > 0 && (
        <Alert color="yellow" title={t.drafts.dropped(draft.dropped.length)}>
          {draft.dropped.map(({ sentence, reason }) => (
            <Text size="sm" key={sentence}>
              {sentence} – <span lang="en">{reason}</span>
            </Text>
          ))}
        </Alert>
      )}
    </Stack>
  );
}

function Compare({ draft, all }: { draft: Draft; all: Draft[] }) {
  const { t } = useLanguage();
  const others = all.filter(({ id }) => id !== draft.id);
  const [other, setOther] = useState(others.find(({ id }) => id === draft.parent_id)?.id ?? others[0]!.id);
  const comparison = useRead(['topics', 'drafts', other, draft.id], (signal) =>
    api.topics.compareDrafts({ path: { id: other }, query: { with: draft.id }, signal }),
  );
  return (
    <Stack>
      <Select
        label={t.drafts.compareWith}
        w="100%"
        maw={360}
        allowDeselect={false}
        data={others.map(({ id, version }) => ({ value: id, label: `v${version}` }))}
        value={other}
        onChange={(id) => id && setOther(id)}
      />
      <Loaded query={comparison}>{({ changes }) => <Comparison changes={changes} language={draft.language} />}</Loaded>
    </Stack>
  );
}

const FORMATS = { markdown: 'md', html: 'html', docx: 'docx', json: 'json', ris: 'ris', bibtex: 'bib' } as const;

function Export({ draft }: { draft: Draft }) {
  const { t } = useLanguage();
  const save = useAction(async (format: keyof typeof FORMATS) => {
    const { data } = await api.topics.exportDraft({ path: { id: draft.id }, query: { format }, parseAs: 'blob' });
    saveFile(data as unknown as Blob, `${draft.title}.${FORMATS[format]}`);
  });
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} loading={save.isPending}>
          {t.drafts.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(FORMATS) as (keyof typeof FORMATS)[]).map((format) => (
          <Menu.Item key={format} onClick={() => save.mutate(format)}>
            {t.drafts.formats[format]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
