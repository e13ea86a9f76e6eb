/** Documents and topics by day. The API counts what a list with two dates would hold; nothing is estimated. */
import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Table, VisuallyHidden } from '@mantine/core';
import { useLanguage } from '../../language';
import { Loaded } from '../../parts/loaded';
import { useRead } from '../../queries';
import { api } from '../../session';

const DAYS = 14;

interface Day {
  day: string;
  documents: number;
  topics: number;
}

export default function Growth() {
  const { t } = useLanguage();
  const from = startOfToday();
  const days = useRead(['documents', 'growth', from.toISOString()], async (signal) => ({
    data: await Promise.all(lastDays(from).map((start) => countDay(start, signal))),
    response: new Response(),
  }));
  return (
    <Loaded query={days} lines={8}>
      {(counted) => <Bars days={counted} label={t.dashboard.growth} />}
    </Loaded>
  );
}

function Bars({ days, label }: { days: Day[]; label: string }) {
  const { t, language } = useLanguage();
  const written = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
  const data = days.map(({ day, documents, topics }) => ({ day: written.format(new Date(day)), [t.nav.documents]: documents, [t.nav.topics]: topics }));
  return (
    <>
      <div aria-hidden>
        <BarChart
          h={260}
          data={data}
          dataKey="day"
          withLegend
          series={[
            { name: t.nav.documents, color: 'cyan.7' },
            { name: t.nav.topics, color: 'grape.6' },
          ]}
          barChartProps={{ accessibilityLayer: false }}
        />
      </div>
      <VisuallyHidden>
        <Table>
          <caption>{label}</caption>
          <tbody>
            {data.map((day) => (
              <tr key={day.day}>
                {Object.entries(day).map(([name, value]) => (
                  <td key={name}>
                    {name === 'day' ? '' : `${name}: `}
                    {value}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </VisuallyHidden>
    </>
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
