import type { ProfileKind, ScoringProfile } from '@content-creator/client';
import { Alert, Button, Group, NumberInput, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { percent } from '../../format';
import { useLanguage } from '../../language';
import { useAction } from '../../queries';
import { api } from '../../session';

/** The parts that a profile of each kind weighs. */
export const PARTS = {
  validation: ['relevance', 'diversity', 'freshness', 'volume', 'novelty'],
  discovery: ['burst', 'breadth', 'cohesion', 'freshness', 'novelty', 'relevance'],
} as const;

type Part = (typeof PARTS)[ProfileKind][number];
type Weights = Partial<Record<Part, number>>;

/** What is not a weight, with its bounds and what a new profile has. */
const PARAMETERS = {
  threshold: { min: 0, max: 1, step: 0.05, fresh: 0.6 },
  half_life_days: { min: 0.1, max: 3650, step: 1, fresh: 7 },
  full_diversity: { min: 1, max: 100, step: 1, fresh: 5 },
  assumed_volume: { min: 0, max: 1, step: 0.1, fresh: '' },
} as const;

interface Props {
  from?: ScoringProfile;
  next?: boolean;
  close: () => void;
}

/** A profile to add, from nothing or another one's figures; or the next version of one. */
export function ProfileForm({ from, next = false, close }: Props) {
  const { t } = useLanguage();
  const [kind, setKind] = useState<ProfileKind>(from?.kind ?? 'validation');
  const [weights, setWeights] = useState<Weights>(from ? from.weights : evenly('validation'));
  const save = useAction(
    (form: FormData) =>
      api.topics.createScoringProfile({
        body: {
          name: next ? from!.name : String(form.get('name')),
          kind,
          weights: Object.fromEntries(PARTS[kind].map((part) => [part, weights[part] ?? 0])),
          parameters: parametersOf(form),
        },
      }),
    {
      stale: [['topics', 'profiles']],
      done: ({ data }) => {
        close();
        return t.scoring.saved(data.name, data.version);
      },
    },
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {next ? (
          <Text c="dimmed" size="sm">
            {t.scoring.nextHelp}
          </Text>
        ) : (
          <>
            <TextInput name="name" label={t.common.name} description={t.scoring.nameHelp} pattern="[a-z0-9][a-z0-9\-]{0,62}" required data-autofocus />
            {!from && (
              <SegmentedControl
                className="scrolls"
                aria-label={t.scoring.kind}
                value={kind}
                onChange={(value) => {
                  setKind(value as ProfileKind);
                  setWeights(evenly(value as ProfileKind));
                }}
                data={(['validation', 'discovery'] as const).map((value) => ({ value, label: t.profileKind[value] }))}
              />
            )}
          </>
        )}
        <WeightFields kind={kind} weights={weights} setWeights={setWeights} />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          {(Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[]).map((name) => {
            const { fresh, ...bounds } = PARAMETERS[name];
            return (
              <NumberInput
                key={name}
                name={name}
                label={t.scoring.parameters[name]}
                description={t.scoring.parameterHelp[name]}
                decimalScale={3}
                defaultValue={from ? (from.parameters[name] ?? '') : fresh}
                {...bounds}
              />
            );
          })}
        </SimpleGrid>
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={Math.abs(sum(kind, weights) - 100) > 0.1}>
            {next ? t.scoring.saveVersion : t.scoring.create}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The weights as percents, which are to be a hundred together. */
function WeightFields({ kind, weights, setWeights }: { kind: ProfileKind; weights: Weights; setWeights: (weights: Weights) => void }) {
  const { t, language } = useLanguage();
  const total = sum(kind, weights);
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {PARTS[kind].map((part) => (
          <NumberInput
            key={part}
            label={t.scorePart[part]}
            description={t.scorePartHelp[part]}
            min={0}
            max={100}
            step={5}
            suffix=" %"
            decimalScale={1}
            value={percents(weights[part] ?? 0)}
            onChange={(value) => setWeights({ ...weights, [part]: Number(value) / 100 })}
          />
        ))}
      </SimpleGrid>
      {Math.abs(total - 100) > 0.1 && (
        <Alert color="yellow" role="status">
          {t.scoring.sum(percent(total / 100, language))}
        </Alert>
      )}
    </>
  );
}

function percents(weight: number): number {
  return Math.round(weight * 1000) / 10;
}

/** In percent, so that ten tenths are a hundred. */
function sum(kind: ProfileKind, weights: Weights): number {
  return PARTS[kind].reduce((total, part) => total + percents(weights[part] ?? 0), 0);
}

/** As even as whole percents allow. */
export function evenly(kind: ProfileKind): Weights {
  const parts = PARTS[kind];
  const each = Math.floor(100 / parts.length);
  return Object.fromEntries(parts.map((part, at) => [part, (each + (at < 100 - each * parts.length ? 1 : 0)) / 100]));
}

function parametersOf(form: FormData): Record<string, number> {
  const given = Object.keys(PARAMETERS).filter((name) => String(form.get(name)) !== '');
  return Object.fromEntries(given.map((name) => [name, Number(form.get(name))]));
}
