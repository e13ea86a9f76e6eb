/** Errors in words: what happened, what to do, and the id to name in a report. */
import { ContentCreatorError } from '@content-creator/client';
import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTexts } from '../language';
import type { Texts } from '../texts/en';

interface Explanation {
  title: string;
  message: string;
  requestId: string | undefined;
}

export function explain(error: unknown, t: Texts): Explanation {
  if (!ContentCreatorError.is(error) || error.status === 0) {
    return { title: t.failure.noAnswer, message: t.failure.noAnswerCure, requestId: undefined };
  }
  const faults = Object.entries(error.details.errors ?? {}).map(([field, fault]) => `${field}: ${fault}`);
  const parts = [error.message, ...faults, cure(error, t)].filter(Boolean);
  return {
    title: titleOf(error, t),
    message: parts.join(' ') + (error.requestId ? ` (${t.failure.requestId} ${error.requestId})` : ''),
    requestId: error.requestId,
  };
}

/** Whether an error only says that something was never made. */
export function isMissing(error: unknown): boolean {
  return ContentCreatorError.is(error) && error.status === 404;
}

function titleOf(error: ContentCreatorError, t: Texts): string {
  if (error.status === 403) return t.failure.forbidden;
  if (error.status === 404) return t.failure.notFound;
  if (error.status === 412) return t.failure.changed;
  if (error.status === 422) return t.failure.invalid;
  if (error.status === 429) return t.failure.tooMany;
  return error.status >= 500 ? t.failure.server : t.failure.refused;
}

function cure(error: ContentCreatorError, t: Texts): string {
  if (error.status === 403) return t.failure.forbiddenCure;
  if (error.status === 412) return t.failure.changedCure;
  if (error.status === 429) return t.failure.tooManyCure;
  return error.status >= 500 ? t.failure.serverCure : '';
}

/** An error in place of what could not be read. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTexts();
  const { title, message, requestId } = explain(error, t);
  const told = requestId ? message.replace(` (${t.failure.requestId} ${requestId})`, '') : message;
  return (
    <Alert color="red" title={title} icon={<IconAlertTriangle aria-hidden />} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{told}</Text>
        {requestId && (
          <Group gap="xs">
            <Text size="sm">{t.failure.requestId}</Text>
            <Code>{requestId}</Code>
          </Group>
        )}
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t.common.tryAgain}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
