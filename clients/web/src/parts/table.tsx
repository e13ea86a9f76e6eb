/** A table of one page of a list: it never holds more rows than a page has, however long the list is. */
import { Box, Checkbox, Group, Pagination, Paper, ScrollArea, Select, Table, Text, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { type Dispatch, memo, type ReactNode, type SetStateAction, useMemo } from 'react';
import { total as totalOf } from '../format';
import { useLanguage } from '../language';

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ReactNode;
  /** The values of `sort` that this column's head goes through. */
  sorts?: string[];
  numeric?: boolean;
  /** Whether a row has something to show here; a column in which none has is left out. */
  known?: (row: Row) => boolean;
  width?: number | string;
}

export interface ListPage<Row> {
  items: Row[];
  total: number;
  total_relation: 'eq' | 'gte';
  page: number;
  page_size: number;
  pages: number;
}

interface Props<Row> {
  label: string;
  page: ListPage<Row>;
  columns: Column<Row>[];
  /** What to show where there are no rows. */
  empty: ReactNode;
  /** Without it all rows are there at once. */
  turn?: (page: number, size: number) => void;
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  selected?: string[];
  onSelect?: Dispatch<SetStateAction<string[]>>;
  nameOf?: (row: Row) => string;
  /** Whether a newer answer is on its way. */
  busy?: boolean;
}

export function DataTable<Row extends { id: string }>(props: Props<Row>) {
  const { label, page, empty, busy = false } = props;
  const columns = useMemo(() => props.columns.filter(({ known }) => !known || page.items.some(known)), [props.columns, page.items]);
  if (page.items.length === 0 && page.page <= 1) return <Paper withBorder>{empty}</Paper>;
  return (
    <Paper withBorder>
      <ScrollArea viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': label }} type="auto">
        {/* On a phone each row is a card. What is no table to the eye would be none to a screen reader: hence the roles. */}
        <Table role="table" className="cards" highlightOnHover verticalSpacing="sm" horizontalSpacing="md" aria-label={label} aria-busy={busy} opacity={busy ? 0.6 : 1}>
          <Table.Thead role="rowgroup">
            <Table.Tr role="row">
              {props.onSelect && <SelectAll {...props} />}
              {columns.map((column) => (
                <Head key={column.name} column={column} sort={props.sort} onSort={props.onSort} />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody role="rowgroup">
            {page.items.map((row) => (
              <Line
                key={row.id}
                row={row}
                columns={columns}
                {...(props.onSelect && { select: props.onSelect, chosen: props.selected?.includes(row.id) ?? false, name: props.nameOf?.(row) ?? row.id })}
              />
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      <Pager page={page} {...(props.turn && { turn: props.turn })} />
    </Paper>
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const { sorts, numeric, name } = column;
  if (!sorts || !onSort) {
    return (
      <Table.Th role="columnheader" ta={numeric ? 'end' : undefined}>
        {name}
      </Table.Th>
    );
  }
  const at = sorts.indexOf(sort ?? '');
  const next = sorts[(at + 1) % sorts.length]!;
  const direction = at < 0 ? 'none' : sort!.startsWith('-') ? 'descending' : 'ascending';
  const Arrow = direction === 'ascending' ? IconArrowUp : IconArrowDown;
  return (
    <Table.Th role="columnheader" className="cards-sort" aria-sort={direction} ta={numeric ? 'end' : undefined}>
      <UnstyledButton fz="sm" fw={700} onClick={() => onSort(next)}>
        <Group gap={4} wrap="nowrap" justify={numeric ? 'flex-end' : undefined}>
          {name}
          {/* Room for the arrow is kept, so that sorting moves nothing. */}
          <Arrow size={14} aria-hidden opacity={direction === 'none' ? 0 : 1} />
        </Group>
      </UnstyledButton>
    </Table.Th>
  );
}

function SelectAll<Row extends { id: string }>({ page, selected = [], onSelect }: Props<Row>) {
  const { t } = useLanguage();
  const all = page.items.every((row) => selected.includes(row.id));
  return (
    <Table.Th role="columnheader" className="cards-sort" w={1}>
      <Checkbox
        aria-label={t.common.selectAll}
        checked={all}
        indeterminate={!all && selected.length > 0}
        onChange={() => onSelect?.(all ? [] : page.items.map((row) => row.id))}
      />
    </Table.Th>
  );
}

interface LineProps<Row> {
  row: Row;
  columns: Column<Row>[];
  select?: Dispatch<SetStateAction<string[]>>;
  chosen?: boolean;
  name?: string;
}

/** Drawn anew only when what it shows has changed: columns that stay the same from time to time make a list of any size quick. */
const Line = memo(function Line<Row extends { id: string }>({ row, columns, select, chosen = false, name = '' }: LineProps<Row>) {
  return (
    <Table.Tr role="row">
      {select && <SelectOne id={row.id} name={name} chosen={chosen} select={select} />}
      {columns.map((column, at) => (
        <Table.Td
          key={column.name}
          role="cell"
          ta={column.numeric ? 'end' : undefined}
          w={column.width}
          {...(at === 0 ? { className: 'cards-first' } : { 'data-column': column.name })}
        >
          <div>{column.cell(row)}</div>
        </Table.Td>
      ))}
    </Table.Tr>
  );
}) as <Row extends { id: string }>(props: LineProps<Row>) => ReactNode;

interface SelectProps {
  id: string;
  name: string;
  chosen: boolean;
  select: Dispatch<SetStateAction<string[]>>;
}

function SelectOne({ id, name, chosen, select }: SelectProps) {
  const { t } = useLanguage();
  return (
    <Table.Td role="cell" className="cards-select" w={1}>
      <input
        type="checkbox"
        className="row-check"
        aria-label={t.common.select(name)}
        checked={chosen}
        onChange={() => select((ids) => (chosen ? ids.filter((other) => other !== id) : [...ids, id]))}
      />
    </Table.Td>
  );
}

const SIZES = ['20', '50', '100'];

export function Pager<Row>({ page, turn }: { page: ListPage<Row>; turn?: (page: number, size: number) => void }) {
  const { t, language } = useLanguage();
  return (
    <Group justify="space-between" p="sm" gap="sm">
      <Text size="sm" c="dimmed">
        {t.common.results(totalOf(page.total, page.total_relation, language))}
      </Text>
      <Group gap="sm">
        {turn && page.total > Number(SIZES[0]) && (
          <Box w={90}>
            <Select
              size="xs"
              aria-label={t.common.pageSize}
              data={SIZES}
              value={String(page.page_size)}
              allowDeselect={false}
              onChange={(size) => turn(1, Number(size))}
            />
          </Box>
        )}
        {turn && page.pages > 1 && (
          <Pagination
            size="sm"
            total={page.pages}
            value={page.page}
            siblings={1}
            onChange={(to) => turn(to, page.page_size)}
            getItemProps={(number) => ({ 'aria-label': t.common.pageNumber(number) })}
            getControlProps={(control) => ({ 'aria-label': t.common.pageControls[control] })}
          />
        )}
      </Group>
    </Group>
  );
}
