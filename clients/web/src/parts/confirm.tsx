/** Asks once before something that cannot be taken back. */
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTexts } from '../language';

interface Props {
  label: string;
  question: string;
  act: () => void;
  busy?: boolean;
  size?: string;
  icon?: ReactNode;
}

export function ConfirmButton({ label, question, act, busy = false, size = 'sm', icon }: Props) {
  const t = useTexts();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="light" color="red" size={size} loading={busy} leftSection={icon} onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={label} centered closeButtonProps={{ 'aria-label': t.common.close }}>
        <Stack>
          <Text>{question}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {t.common.back}
            </Button>
            <Button
              color="red"
              onClick={() => {
                close();
                act();
              }}
            >
              {label}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
