/** Something to be taken elsewhere, such as a key or an address, with a button that copies it. */
import { Button, Code, CopyButton, Group } from '@mantine/core';
import { useTexts } from '../language';

export function Copyable({ value }: { value: string }) {
  const t = useTexts();
  return (
    <Group justify="space-between" wrap="nowrap">
      <Code style={{ overflowWrap: 'anywhere' }}>{value}</Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button size="xs" variant="default" flex="none" onClick={copy}>
            {copied ? t.common.copied : t.common.copy}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
