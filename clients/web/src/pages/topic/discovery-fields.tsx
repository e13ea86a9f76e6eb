/** Where a discovery looks and what for: the same for one now and for one by the clock. */
import type { TopicDiscoveryRequest } from '@content-creator/client';
import { Group, NumberInput, Stack, TagsInput, TextInput } from '@mantine/core';
import { useTexts } from '../../language';
import { PlaceFields } from '../../parts/place';
import { ProfileSelect } from '../../parts/profile-select';

/** Keywords may have commas. */
const DIVIDER = '\n';

export function DiscoveryFields({ request }: { request?: TopicDiscoveryRequest }) {
  const t = useTexts();
  return (
    <Stack>
      <PlaceFields {...(request && { place: request })} />
      <TagsInput
        name="keywords"
        hiddenInputValuesDivider={DIVIDER}
        label={t.discover.keywords}
        description={t.discover.keywordsHelp}
        defaultValue={request?.keywords ?? []}
        maxTags={50}
      />
      <TextInput name="site_url" type="url" label={t.discover.site} description={t.discover.siteHelp} placeholder="https://" defaultValue={request?.site_url ?? ''} />
      <Group grow align="flex-start">
        <NumberInput name="window_days" label={t.discover.window} description={t.discover.windowHelp} min={1} max={46} defaultValue={request?.window_days ?? 7} />
        <NumberInput
          name="min_score"
          label={t.discover.minScore}
          description={t.discover.minScoreHelp}
          min={0}
          max={100}
          step={5}
          suffix=" %"
          defaultValue={request ? (request.min_score === undefined ? '' : Math.round(request.min_score * 100)) : 30}
        />
      </Group>
      <ProfileSelect kind="discovery" {...(request?.profile && { chosen: request.profile })} />
    </Stack>
  );
}

/** What the fields ask for. */
export function discoveryRequest(form: FormData): TopicDiscoveryRequest {
  const text = (name: string) => String(form.get(name)).trim();
  const keywords = text('keywords').split(DIVIDER).filter(Boolean);
  return {
    domain: text('domain'),
    market: text('market'),
    language: text('language'),
    window_days: Number(form.get('window_days')),
    ...(text('min_score') && { min_score: Number.parseFloat(text('min_score')) / 100 }),
    ...(keywords.length > 0 && { keywords }),
    ...(text('site_url') && { site_url: text('site_url') }),
    ...(text('profile') && { profile: text('profile') }),
  };
}
