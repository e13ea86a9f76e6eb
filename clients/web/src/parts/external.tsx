/** A link to somewhere else. It opens beside this page, and tells nothing about it. */
import { Anchor } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { safeAddress } from './safe-address';

export function External({ to, children }: { to: string; children: ReactNode }) {
  const address = safeAddress(to);
  if (!address) return children;
  return (
    <Anchor href={address} target="_blank" rel="noopener noreferrer" inherit underline="always">
      {children}
      {/* No space that a line could break at. */}
      {'\u00a0'}
      <IconExternalLink size="0.9em" aria-hidden style={{ verticalAlign: '-0.1em' }} />
    </Anchor>
  );
}
