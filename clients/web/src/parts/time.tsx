/** A time as "3 hours ago"; pointing at it tells exactly when. */
import { Text, Tooltip } from '@mantine/core';
import { dateTime, fromNow, UNKNOWN } from '../format';
import { useLanguage } from '../language';

export function Time({ at }: { at: string | null | undefined }) {
  const { language } = useLanguage();
  if (!at) return <span>{UNKNOWN}</span>;
  return (
    <Tooltip label={dateTime(at, language)}>
      <Text component="time" inherit dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {fromNow(at, language)}
      </Text>
    </Tooltip>
  );
}
