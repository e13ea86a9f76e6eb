/**
 * Figures by day as bars. Each day tells its figures to a pointer, to the arrow keys and to a screen reader; a table, which
 * only screen readers see, holds them all.
 */
import { ColorSwatch, Group, Paper, Table, Text, VisuallyHidden } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { day as written, number } from '../format';
import { useLanguage } from '../language';

export interface Series {
  name: string;
  /** A colour of the theme, such as cyan.7. */
  colour: string;
  /** One for each day. */
  values: number[];
}

interface Props {
  label: string;
  days: Date[];
  series: Series[];
}

const HEIGHT = 230;
const BELOW = 24;
/** How much room a date needs. */
const DATE = 64;

/** Three topics beside three hundred documents are still to be seen. */
const LEAST = 3;

/** Where things are, in pixels. */
interface Scale {
  left: number;
  width: number;
  /** The width of one day. */
  step: number;
  y: (value: number) => number;
}

export function DayChart({ label, days, series }: Props) {
  const { t, language } = useLanguage();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [day, setDay] = useState<number | null>(null);
  const ticks = niceTicks(Math.max(...series.flatMap(({ values }) => values)));
  const names = days.map((at) => written(at, language));
  const left = 14 + 7 * Math.max(...ticks.map((tick) => number(tick, language).length));
  const scale: Scale = {
    left,
    width,
    step: (width - left) / days.length,
    y: (value) => HEIGHT - BELOW - (value / ticks.at(-1)!) * (HEIGHT - BELOW - 8),
  };
  const told = (index: number) => `${names[index]}: ${series.map(({ name, values }) => `${name} ${number(values[index], language)}`).join(', ')}`;
  const move = (event: KeyboardEvent) => {
    const to = destination(event.key, day ?? days.length, days.length);
    if (to === undefined) return;
    event.preventDefault();
    setDay(to);
  };
  const point = (event: PointerEvent) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    setDay(Math.min(days.length - 1, Math.max(0, Math.floor(x / scale.step))));
  };
  return (
    <>
      <div
        ref={ref}
        className="day-chart"
        role="slider"
        tabIndex={0}
        aria-label={`${label}. ${t.chart.keys}`}
        aria-valuemin={1}
        aria-valuemax={days.length}
        aria-valuenow={(day ?? days.length - 1) + 1}
        aria-valuetext={told(day ?? days.length - 1)}
        onKeyDown={move}
        onFocus={(event) => event.currentTarget.matches(':focus-visible') && setDay(days.length - 1)}
        onBlur={() => setDay(null)}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setDay(null)}
      >
        {width > 0 && (
          <svg width={width} height={HEIGHT} aria-hidden>
            <Grid ticks={ticks} scale={scale} />
            {day !== null && <rect className="day-chart-day" x={left + day * scale.step} y={0} width={scale.step} height={HEIGHT - BELOW} />}
            <Bars series={series} scale={scale} />
            <Dates names={names} scale={scale} />
          </svg>
        )}
        {day !== null && <Told name={names[day]!} day={day} series={series} scale={scale} />}
      </div>
      <Group gap="lg" justify="flex-end" mt="xs">
        {series.map(({ name, colour }) => (
          <Key key={name} name={name} colour={colour} />
        ))}
      </Group>
      <AsTable label={label} names={names} series={series} />
    </>
  );
}

/** The day that a key leads to; undefined for other keys. */
export function destination(key: string, from: number, days: number): number | undefined {
  const to = { ArrowLeft: from - 1, ArrowDown: from - 1, ArrowRight: from + 1, ArrowUp: from + 1, Home: 0, End: days - 1 }[key];
  return to === undefined ? undefined : Math.min(days - 1, Math.max(0, to));
}

/** From zero in at most four equal steps of 1, 2 or 5 times a power of ten, to at least the highest figure. */
export function niceTicks(most: number): number[] {
  const rough = Math.max(1, most / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const steps = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: steps + 1 }, (_, index) => index * step);
}

function Grid({ ticks, scale: { left, width, y } }: { ticks: number[]; scale: Scale }) {
  const { language } = useLanguage();
  return ticks.map((tick) => (
    <g key={tick}>
      <line className="day-chart-line" x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
      <text x={left - 8} y={y(tick)} textAnchor="end" dominantBaseline="central">
        {number(tick, language)}
      </text>
    </g>
  ));
}

function Bars({ series, scale: { left, step, y } }: { series: Series[]; scale: Scale }) {
  const bar = Math.min(22, (step * 0.7) / series.length);
  return series.map(({ name, colour, values }, at) =>
    values.map((value, day) => {
      const height = value === 0 ? 0 : Math.max(LEAST, y(0) - y(value));
      return (
        <rect
          key={`${name} ${day}`}
          fill={variable(colour)}
          rx={2}
          x={left + (day + 0.5) * step + (at - series.length / 2) * bar}
          y={y(0) - height}
          width={Math.max(1, bar - 1)}
          height={height}
        />
      );
    }),
  );
}

/** As many dates as there is room for, the last of them always. */
function Dates({ names, scale: { left, step } }: { names: string[]; scale: Scale }) {
  // The last is written to the left of its end, which takes half of a date more.
  const every = Math.ceil((DATE * 1.25) / step);
  return names.map((name, day) =>
    (names.length - 1 - day) % every === 0 ? (
      <text key={name} x={left + (day + 0.5) * step} y={HEIGHT - 6} textAnchor={day === names.length - 1 && step < DATE ? 'end' : 'middle'} dx={day === names.length - 1 && step < DATE ? step / 2 : 0}>
        {name}
      </text>
    ) : null,
  );
}

function Told({ name, day, series, scale: { left, step, width } }: { name: string; day: number; series: Series[]; scale: Scale }) {
  const { language } = useLanguage();
  const middle = left + (day + 0.5) * step;
  // On the side where there is more room.
  const side = middle > width / 2 ? { right: width - middle + step / 2 + 4 } : { left: middle + step / 2 + 4 };
  return (
    <Paper withBorder shadow="sm" p="xs" className="day-chart-told" style={side} aria-hidden>
      <Text size="sm" fw={600}>
        {name}
      </Text>
      {series.map((one) => (
        <Group key={one.name} gap="xs" wrap="nowrap" justify="space-between">
          <Key name={one.name} colour={one.colour} />
          <Text size="sm">{number(one.values[day], language)}</Text>
        </Group>
      ))}
    </Paper>
  );
}

function Key({ name, colour }: { name: string; colour: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      <ColorSwatch size={10} color={variable(colour)} withShadow={false} />
      <Text size="sm">{name}</Text>
    </Group>
  );
}

function AsTable({ label, names, series }: { label: string; names: string[]; series: Series[] }) {
  const { t, language } = useLanguage();
  return (
    <VisuallyHidden>
      <Table>
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">{t.chart.day}</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, day) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {series.map(({ name: of, values }) => (
                <td key={of}>{number(values[day], language)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </VisuallyHidden>
  );
}

function variable(colour: string): string {
  return `var(--mantine-color-${colour.replace('.', '-')})`;
}
