import { Alert, Button, Center, Checkbox, Code, Group, Loader, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { ContentCreatorError } from '@content-creator/client';
import { useTexts } from '../language';
import { explain } from '../parts/failure';
import { signIn, signInByCode, takeCode, wasRefused } from '../session';

export function SignIn() {
  const t = useTexts();
  const [key, setKey] = useState('');
  const [remember, setRemember] = useState(false);
  const attempt = useMutation({ mutationFn: () => signIn(key.trim(), remember) });
  const byLink = useMutation({ mutationFn: signInByCode });
  const { mutate } = byLink;
  useEffect(() => {
    const code = takeCode();
    if (code !== null) mutate(code);
  }, [mutate]);
  useEffect(() => {
    document.title = `${t.signIn.title} · Content Creator`;
  }, [t]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim()) attempt.mutate();
  };
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder p="xl" w="100%" maw={440} component="form" onSubmit={submit}>
        <Stack>
          <Group gap="sm">
            <img src="/favicon.svg" alt="" width={32} height={32} />
            <Title order={1} size="h3">
              {t.signIn.title}
            </Title>
          </Group>
          {wasRefused() && !attempt.isError && <Alert color="orange">{t.signIn.wasRefused}</Alert>}
          {byLink.isPending && <Loader aria-label={t.common.loading} />}
          {byLink.isError && !attempt.isError && <Refusal error={byLink.error} title={t.signIn.wrongLink} cure={t.signIn.wrongLinkCure} />}
          {attempt.isError && <Refusal error={attempt.error} title={t.signIn.wrongKey} cure={t.signIn.wrongKeyCure} />}
          <PasswordInput
            label={t.signIn.key}
            description={t.signIn.where}
            placeholder="cc_…"
            autoComplete="current-password"
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t.signIn.show }}
            data-autofocus
          />
          <Checkbox label={t.signIn.remember} checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
          <Button type="submit" loading={attempt.isPending} disabled={!key.trim()}>
            {t.signIn.submit}
          </Button>
          <Text size="sm" c="dimmed">
            {t.signIn.noKey} <Code>content-creator sign-in</Code> {t.signIn.or} <Code>go run . sign-in</Code>
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}

function Refusal({ error, title: refused, cure }: { error: unknown; title: string; cure: string }) {
  const t = useTexts();
  if (ContentCreatorError.is(error, 'UNAUTHORIZED')) {
    return (
      <Alert color="red" title={refused} role="alert">
        {cure}
      </Alert>
    );
  }
  const { title, message } = explain(error, t);
  return (
    <Alert color="red" title={title} role="alert">
      {message}
    </Alert>
  );
}
