/** The three faces of something that is read: on its way, failed, there. */
import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTexts } from '../language';
import { Failure } from './failure';

interface Props<Data> {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
  /** How many lines to hint at while it is on its way. */
  lines?: number;
}

export function Loaded<Data>({ query, children, lines = 4 }: Props<Data>) {
  if (query.data !== undefined && !(query.isPlaceholderData && query.isError)) return children(query.data);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Waiting lines={lines} />;
}

export function Waiting({ lines }: { lines: number }) {
  const t = useTexts();
  return (
    <Stack gap="sm" role="status" aria-label={t.common.loading}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={22} />
      ))}
    </Stack>
  );
}
