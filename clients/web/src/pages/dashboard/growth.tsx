/** Documents and topics by day. The API counts what a list with two dates would hold; nothing is estimated. */
import { Text } from '@mantine/core';
import { useLanguage } from '../../language';
import { DayChart } from '../../parts/day-chart';
import { Loaded } from '../../parts/loaded';
import { useRead } from '../../queries';
import { api } from '../../session';

const DAYS = 14;

interface Day {
  day: string;
  documents: number;
  topics: number;
}

export function Growth() {
  const { t } = useLanguage();
  const from = startOfToday();
  const days = useRead(['documents', 'growth', from.toISOString()], async (signal) => ({
    data: await Promise.all(lastDays(from).map((start) => countDay(start, signal))),
    response: new Response(),
  }));
  return (
    <Loaded query={days} lines={8}>
      {(counted) =>
        counted.every(({ documents, topics }) => documents + topics === 0) ? (
          <Text c="dimmed">{t.dashboard.nothingCame}</Text>
        ) : (
          <DayChart
            label={t.dashboard.growth}
            days={counted.map(({ day }) => new Date(day))}
            series={[
              { name: t.nav.documents, colour: 'cyan.7', values: counted.map(({ documents }) => documents) },
              { name: t.nav.topics, colour: 'grape.6', values: counted.map(({ topics }) => topics) },
            ]}
          />
        )
      }
    </Loaded>
  );
}

async function countDay(start: Date, signal: AbortSignal): Promise<Day> {
  const after = start.toISOString();
  const before = nextDay(start).toISOString();
  const [documents, topics] = await Promise.all([
    api.documents.list({ query: { fetched_after: after, fetched_before: before, page_size: 1 }, signal }),
    api.topics.list({ query: { discovered_after: after, discovered_before: before, page_size: 1 }, signal }),
  ]);
  return { day: after, documents: documents.data.total, topics: topics.data.total };
}

function startOfToday(): Date {
  const today = new Date();
  today.setHours(0, 0, 0, 0);
  return today;
}

/** The days up to and with the one that begins at a time. Days are not always 24 hours long. */
export function lastDays(today: Date): Date[] {
  return Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(today);
    day.setDate(day.getDate() - (DAYS - 1 - index));
    return day;
  });
}

function nextDay(start: Date): Date {
  const next = new Date(start);
  next.setDate(next.getDate() + 1);
  return next;
}
