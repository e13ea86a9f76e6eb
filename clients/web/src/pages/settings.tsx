import type { Config, ConfigUpdate } from '@content-creator/client';
import { Anchor, Badge, Button, Group, List, NumberInput, Paper, Select, Stack, Switch, Table, Tabs, Text, Title } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useTab } from '../address';
import { useLanguage } from '../language';
import { text } from '../parts/explanations';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { useAction, useVersioned, type Versioned } from '../queries';
import { api } from '../session';
import { ApiKeys } from './settings/keys';
import { Webhooks } from './settings/webhooks';

export function Settings() {
  const { t } = useLanguage();
  const tab = useTab('general');
  return (
    <Page title={t.nav.settings} about={t.settings.about}>
      <Tabs {...tab} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="general">{t.settings.general}</Tabs.Tab>
          <Tabs.Tab value="keys">{t.settings.keys}</Tabs.Tab>
          <Tabs.Tab value="webhooks">{t.settings.webhooks}</Tabs.Tab>
          <Tabs.Tab value="environment">{t.settings.environment}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="general">
          <WithConfig>{(versioned) => <General versioned={versioned} />}</WithConfig>
        </Tabs.Panel>
        <Tabs.Panel value="keys">
          <ApiKeys />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks">
          <Webhooks />
        </Tabs.Panel>
        <Tabs.Panel value="environment">
          <WithConfig>{({ data }) => <Environment config={data} />}</WithConfig>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function WithConfig({ children }: { children: (versioned: Versioned<Config>) => ReactNode }) {
  const config = useVersioned(['admin', 'config'], (signal) => api.admin.getConfig({ signal }));
  return (
    <Loaded query={config} lines={8}>
      {children}
    </Loaded>
  );
}

function General({ versioned }: { versioned: Versioned<Config> }) {
  const { t } = useLanguage();
  return (
    <Stack>
      <Running key={versioned.etag} versioned={versioned} />
      <Services config={versioned.data} />
      <Paper withBorder p="md">
        <Title order={2} size="h4" mb="sm">
          {t.settings.elsewhere}
        </Title>
        <List>
          <List.Item>
            <Anchor href="/monitor/" target="_blank">
              {t.jobs.monitor}
            </Anchor>
          </List.Item>
          <List.Item>
            <Anchor href="/docs" target="_blank">
              {t.settings.docs}
            </Anchor>
          </List.Item>
          <List.Item>
            <Anchor href="/redoc" target="_blank">
              {t.settings.reference}
            </Anchor>
          </List.Item>
        </List>
      </Paper>
    </Stack>
  );
}

/** What may be changed while the server runs. */
function Running({ versioned: { data: config, etag } }: { versioned: Versioned<Config> }) {
  const { t } = useLanguage();
  const save = useAction((body: ConfigUpdate) => api.admin.updateConfig({ body, headers: { 'If-Match': etag } }), {
    stale: [['admin']],
    done: () => t.settings.savedEverywhere,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({
      polling_enabled: form.get('polling_enabled') !== null,
      rate_limit: Number(form.get('rate_limit')),
      log_level: String(form.get('log_level')) as Config['log_level'],
    });
  };
  return (
    <Paper withBorder p="md" component="form" onSubmit={submit}>
      <Stack>
        <Title order={2} size="h4">
          {t.settings.running}
        </Title>
        <Switch name="polling_enabled" label={t.settings.polling} description={t.settings.pollingHelp} defaultChecked={config.polling_enabled} />
        <Group align="flex-start">
          <NumberInput name="rate_limit" label={t.settings.rateLimit} description={t.settings.rateLimitHelp} min={0} defaultValue={config.rate_limit} w={280} />
          <Select
            name="log_level"
            label={t.settings.logLevel}
            description={t.settings.logLevelHelp}
            data={['debug', 'info', 'warn', 'error']}
            defaultValue={config.log_level}
            allowDeselect={false}
            w={280}
          />
        </Group>
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t.common.save}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

function Services({ config }: { config: Config }) {
  const { t } = useLanguage();
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb={4}>
        {t.settings.services}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t.settings.servicesHelp}
      </Text>
      <Stack gap="xs">
        {config.services.map((service) => (
          <Group key={service.name} gap="sm" wrap="nowrap" align="flex-start">
            <Badge miw={110} flex="none" color={service.enabled ? 'green' : 'gray'}>
              {service.enabled ? t.settings.on : t.settings.off}
            </Badge>
            <div>
              <Text fw={600}>{text(t.settings.serviceName, service.name) ?? service.name}</Text>
              {service.reason && (
                <Text size="sm" c="dimmed" lang="en">
                  {service.reason}
                </Text>
              )}
            </div>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}

function Environment({ config }: { config: Config }) {
  const { t } = useLanguage();
  return (
    <Stack>
      <Text c="dimmed">{t.settings.environmentHelp}</Text>
      <Paper withBorder>
        <Table.ScrollContainer minWidth={520} type="native">
          <Table horizontalSpacing="md" aria-label={t.settings.environment}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t.common.name}</Table.Th>
                <Table.Th>{t.score.value}</Table.Th>
                <Table.Th>{t.settings.from}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {config.environment.map(({ name, value, source }) => (
                <Table.Tr key={name}>
                  <Table.Td ff="monospace">{name}</Table.Td>
                  <Table.Td>{value}</Table.Td>
                  <Table.Td>{t.configSource[source]}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Paper>
    </Stack>
  );
}
