/** Which profile to score by; the built-in one unless another is chosen. */
import type { ProfileKind } from '@content-creator/client';
import { Select } from '@mantine/core';
import { useTexts } from '../language';
import { useRead } from '../queries';
import { api } from '../session';

interface Props {
  kind: ProfileKind;
  chosen?: string;
  /** Called with a choice where there is no form. It is one line then, without a label above it. */
  choose?: (name: string | null) => void;
}

export function ProfileSelect({ kind, chosen, choose }: Props) {
  const t = useTexts();
  const profiles = useRead(['topics', 'profiles', { kind }], (signal) => api.topics.listScoringProfiles({ query: { kind, page_size: 100 }, signal }));
  const known = (profiles.data?.items ?? []).map(({ name }) => name);
  return (
    <Select
      name="profile"
      {...(choose ? { 'aria-label': t.scoring.profile, size: 'xs', w: 150, onChange: choose } : { label: t.scoring.profile })}
      placeholder={t.scoring.builtIn}
      clearable
      clearButtonProps={{ 'aria-label': t.common.clear }}
      data={chosen && !known.includes(chosen) ? [chosen, ...known] : known}
      defaultValue={chosen ?? null}
    />
  );
}
