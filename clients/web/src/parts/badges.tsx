/** States as coloured words. Colour only repeats what the word says. */
import type { HealthState, JobState, ResearchStatus, TopicStatus, Verdict } from '@content-creator/client';
import { Badge } from '@mantine/core';
import { useTexts } from '../language';

const TOPIC: Record<TopicStatus, string> = {
  discovered: 'blue',
  validated: 'indigo',
  researched: 'violet',
  drafted: 'grape',
  published: 'green',
  archived: 'gray',
};

const HEALTH: Record<HealthState, string> = {
  new: 'blue',
  healthy: 'green',
  degraded: 'yellow',
  failing: 'red',
  paused: 'gray',
  gone: 'gray',
};

const JOB: Record<JobState, string> = { queued: 'gray', running: 'blue', succeeded: 'green', failed: 'red', cancelled: 'gray' };

const RUN: Record<ResearchStatus, string> = {
  queued: 'gray',
  running: 'blue',
  complete: 'green',
  partial: 'yellow',
  failed: 'red',
  cancelled: 'gray',
};

const VERDICT: Record<Verdict, string> = { supported: 'green', partly: 'yellow', not_supported: 'red', unreachable: 'gray' };

export function TopicBadge({ status }: { status: TopicStatus }) {
  return <Badge color={TOPIC[status]}>{useTexts().topicStatus[status]}</Badge>;
}

export function HealthBadge({ health }: { health: HealthState }) {
  return <Badge color={HEALTH[health]}>{useTexts().health[health]}</Badge>;
}

export function JobBadge({ state }: { state: JobState }) {
  return <Badge color={JOB[state]}>{useTexts().jobState[state]}</Badge>;
}

export function RunBadge({ status }: { status: ResearchStatus }) {
  return <Badge color={RUN[status]}>{useTexts().runStatus[status]}</Badge>;
}

export function VerdictBadge({ verdict }: { verdict: Verdict }) {
  return <Badge color={VERDICT[verdict]}>{useTexts().verdict[verdict]}</Badge>;
}
