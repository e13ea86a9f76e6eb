/** The text of a draft to write in. What is typed is kept in this tab until it is saved: another view, another page or a reload lose nothing. */
import type { Draft } from '@content-creator/client';
import { Alert, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTexts } from '../../language';
import { useAction } from '../../queries';
import { api, UNSAVED } from '../../session';

const FIELDS = ['title', 'meta_description', 'body_markdown'] as const;
type Written = Record<(typeof FIELDS)[number], string>;

function read(form: HTMLFormElement): Written {
  const values = new FormData(form);
  return Object.fromEntries(FIELDS.map((field) => [field, String(values.get(field)).replaceAll('\r\n', '\n')])) as Written;
}

export function EditDraft({ draft, saved }: { draft: Draft; saved: (id: string) => void }) {
  const t = useTexts();
  const name = UNSAVED + draft.id;
  const [unsaved, setUnsaved] = useState(sessionStorage.getItem(name) !== null);
  /** Counts how often the form began anew. */
  const [begun, begin] = useState(0);
  const forget = () => {
    sessionStorage.removeItem(name);
    setUnsaved(false);
  };
  const save = useAction((body: Written) => api.topics.updateDraft({ path: { id: draft.id }, body }), {
    stale: [['topics']],
    done: ({ data }) => {
      forget();
      saved(data.id);
      return t.drafts.savedAs(data.version);
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(read(event.currentTarget));
  };
  const keep = (event: FormEvent<HTMLFormElement>) => {
    sessionStorage.setItem(name, JSON.stringify(read(event.currentTarget)));
    setUnsaved(true);
  };
  const discard = () => {
    forget();
    begin(begun + 1);
  };
  return (
    <form onSubmit={submit} onInput={keep}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t.drafts.editHelp}
        </Text>
        <Fields key={begun} draft={draft} written={JSON.parse(sessionStorage.getItem(name) ?? 'null') as Written | null} />
        {unsaved && (
          <Alert color="yellow" role="status">
            <Group justify="space-between">
              {t.drafts.unsaved}
              <Button size="compact-sm" variant="default" onClick={discard}>
                {t.drafts.discard}
              </Button>
            </Group>
          </Alert>
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t.drafts.saveVersion}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Fields({ draft, written }: { draft: Draft; written: Written | null }) {
  const t = useTexts();
  return (
    <>
      <TextInput name="title" label={t.common.title} defaultValue={written?.title ?? draft.title} lang={draft.language} required />
      <Textarea
        name="meta_description"
        label={t.drafts.meta}
        defaultValue={written?.meta_description ?? draft.meta_description ?? ''}
        lang={draft.language}
        autosize
        minRows={2}
      />
      <Textarea
        name="body_markdown"
        label={t.drafts.body}
        defaultValue={written?.body_markdown ?? draft.body_markdown}
        lang={draft.language}
        autosize
        minRows={16}
        maxRows={40}
        required
      />
    </>
  );
}
