import type { KeywordCluster, KeywordClusters, LoneKeyword } from '@content-creator/client';
import { Alert, Anchor, Button, Group, List, NumberInput, Paper, Stack, Text, Textarea, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useLanguage } from '../../language';
import { External } from '../../parts/external';
import { PlaceInput } from '../../parts/place';
import { To } from '../../parts/to';
import { useAction } from '../../queries';
import { api } from '../../session';

/** Which keywords one page can answer: those whose searches have results in common. Nothing of it is kept. */
export function Clusters() {
  const { t, language } = useLanguage();
  const [found, setFound] = useState<KeywordClusters | null>(null);
  const group = useAction(
    (form: FormData) =>
      api.keywords.discoverClusters({
        body: {
          keywords: String(form.get('keywords')).split('\n').map((keyword) => keyword.trim()).filter(Boolean),
          language: String(form.get('language')),
          min_shared: Number(form.get('min_shared')),
          ...(form.get('market') && { market: String(form.get('market')) }),
        },
      }),
    { done: ({ data }) => setFound(data) },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    group.mutate(new FormData(event.currentTarget));
  };
  return (
    <Stack>
      <Text c="dimmed">{t.clusters.about}</Text>
      <Paper withBorder p="md" component="form" onSubmit={submit}>
        <Stack>
          <Textarea name="keywords" label={t.clusters.keywords} description={t.clusters.keywordsHelp} required autosize minRows={4} maxRows={14} />
          <Group align="flex-end">
            <PlaceInput of="language" name="language" w={110} defaultValue={language} required />
            <PlaceInput of="market" name="market" w={110} placeholder={t.common.all} />
            <NumberInput name="min_shared" w={190} label={t.clusters.shared} min={1} max={10} defaultValue={3} />
            <Button type="submit" loading={group.isPending}>
              {t.clusters.group}
            </Button>
          </Group>
        </Stack>
      </Paper>
      {found && <Found clusters={found} />}
    </Stack>
  );
}

function Found({ clusters: { clusters, alone, without_snapshot: unseen } }: { clusters: KeywordClusters }) {
  const { t } = useLanguage();
  return (
    <Stack aria-live="polite">
      <Text fw={600}>{t.clusters.found(clusters.length)}</Text>
      {clusters.map((cluster) => (
        <Cluster key={cluster.hub} cluster={cluster} />
      ))}
      {alone.length > 0 && <Alone keywords={alone} />}
      {unseen.length > 0 && (
        <Alert color="yellow" title={t.clusters.unseen}>
          {unseen.join(', ')}. {t.clusters.unseenCure}
        </Alert>
      )}
    </Stack>
  );
}

function Cluster({ cluster: { hub, keywords, addresses } }: { cluster: KeywordCluster }) {
  const { t } = useLanguage();
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h5" mb="xs">
        {hub}
      </Title>
      <List>
        {keywords.map(({ keyword, snapshot_id, shared }) => (
          <List.Item key={keyword}>
            <Anchor component={To} to={`/serp/${snapshot_id}`}>
              {keyword}
            </Anchor>{' '}
            {keyword !== hub && (
              <Text component="span" size="sm" c="dimmed">
                {t.clusters.inCommon(shared.length)}
              </Text>
            )}
          </List.Item>
        ))}
      </List>
      <Text size="sm" fw={600} mt="sm">
        {t.clusters.addresses}
      </Text>
      <List size="sm">
        {addresses.map(({ url, keywords: finding }) => (
          <List.Item key={url}>
            <External to={url}>{url}</External> ({t.clusters.findIt(finding)})
          </List.Item>
        ))}
      </List>
    </Paper>
  );
}

function Alone({ keywords }: { keywords: LoneKeyword[] }) {
  const { t } = useLanguage();
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h5" mb="xs">
        {t.clusters.alone}
      </Title>
      <List>
        {keywords.map(({ keyword, snapshot_id, closest, shared }) => (
          <List.Item key={keyword}>
            <Anchor component={To} to={`/serp/${snapshot_id}`}>
              {keyword}
            </Anchor>{' '}
            {closest !== null && (
              <Text component="span" size="sm" c="dimmed">
                {t.clusters.closest(closest, shared)}
              </Text>
            )}
          </List.Item>
        ))}
      </List>
    </Paper>
  );
}
