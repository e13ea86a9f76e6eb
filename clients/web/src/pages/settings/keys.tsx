import { type ApiKey, type ApiKeyWithSecret, Scope } from '@content-creator/client';
import { Alert, Badge, Button, Checkbox, Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useDialog, usePaging } from '../../address';
import { date } from '../../format';
import { useLanguage } from '../../language';
import { ConfirmButton } from '../../parts/confirm';
import { Copyable } from '../../parts/copyable';
import { Loaded } from '../../parts/loaded';
import { type Column, DataTable } from '../../parts/table';
import { Time } from '../../parts/time';
import { useAction, useRead } from '../../queries';
import { api } from '../../session';

export function ApiKeys() {
  const { t, language } = useLanguage();
  const { page, page_size, turn } = usePaging();
  const [creating, create] = useDialog('create');
  const keys = useRead(['admin', 'keys', page, page_size], (signal) => api.admin.listApiKeys({ query: { page, page_size }, signal }));
  const columns: Column<ApiKey>[] = [
    {
      name: t.common.name,
      cell: ({ name, prefix }) => (
        <>
          <Text fw={600}>{name}</Text>
          <Code>{prefix}…</Code>
        </>
      ),
    },
    {
      name: t.apiKeys.scopes,
      cell: ({ scopes }) => (
        <Group gap={4}>
          {scopes.map((scope) => (
            <Badge key={scope} color={scope === 'admin' ? 'red' : 'blue'}>
              {t.scopes[scope]}
            </Badge>
          ))}
        </Group>
      ),
    },
    { name: t.apiKeys.lastUsed, cell: ({ last_used_at }) => <Time at={last_used_at} /> },
    { name: t.apiKeys.expires, cell: ({ expires_at }) => (expires_at ? date(expires_at, language) : t.apiKeys.never) },
    { name: t.common.actions, cell: (key) => <Revoke apiKey={key} /> },
  ];
  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">{t.apiKeys.about}</Text>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={create.open}>
          {t.apiKeys.create}
        </Button>
      </Group>
      <Loaded query={keys}>
        {(list) => <DataTable label={t.settings.keys} page={list} columns={columns} turn={turn} busy={keys.isPlaceholderData} empty={null} />}
      </Loaded>
      <Modal opened={creating} onClose={create.close} title={t.apiKeys.create} closeButtonProps={{ 'aria-label': t.common.close }}>
        <Create />
      </Modal>
    </Stack>
  );
}

function Create() {
  const { t } = useLanguage();
  const [made, setMade] = useState<ApiKeyWithSecret | null>(null);
  const [scopes, setScopes] = useState<string[]>(['read']);
  const create = useAction(
    (form: FormData) => {
      const until = String(form.get('expires_at'));
      return api.admin.createApiKey({
        body: { name: String(form.get('name')), scopes: scopes as Scope[], expires_at: until ? new Date(until).toISOString() : null },
      });
    },
    { stale: [['admin', 'keys']], done: ({ data }) => setMade(data) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate(new FormData(event.currentTarget));
  };
  if (made) return <Made apiKey={made} />;
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput name="name" label={t.common.name} description={t.apiKeys.nameHelp} required data-autofocus />
        <Checkbox.Group label={t.apiKeys.scopes} value={scopes} onChange={setScopes}>
          <Stack gap="xs" mt="xs">
            {Object.values(Scope).map((scope) => (
              <Checkbox key={scope} value={scope} label={t.scopes[scope]} description={t.scopeHelp[scope]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <TextInput name="expires_at" type="date" label={t.apiKeys.expires} description={t.apiKeys.expiresHelp} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending} disabled={scopes.length === 0}>
            {t.apiKeys.create}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Made({ apiKey }: { apiKey: ApiKeyWithSecret }) {
  const { t } = useLanguage();
  return (
    <Stack>
      <Alert color="teal" title={t.apiKeys.made}>
        {t.apiKeys.once}
      </Alert>
      <Copyable value={apiKey.key} />
    </Stack>
  );
}

function Revoke({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useLanguage();
  const revoke = useAction(() => api.admin.deleteApiKey({ path: { id: apiKey.id } }), { stale: [['admin', 'keys']], done: () => t.apiKeys.revoked });
  return (
    <ConfirmButton size="compact-sm" label={t.apiKeys.revoke} question={t.apiKeys.revokeQuestion(apiKey.name)} busy={revoke.isPending} act={() => revoke.mutate(undefined)} />
  );
}
