/** A passage in which the server has marked what was found. Only its marks are taken as HTML; all else is text. */
import { Fragment } from 'react';

export interface Segment {
  text: string;
  marked: boolean;
}

/** Takes `a <mark>b</mark> c` apart; entities become the characters that they stand for. */
export function segments(html: string): Segment[] {
  let marked = false;
  const found: Segment[] = [];
  for (const part of html.split(/(<\/?mark>)/)) {
    if (part === '<mark>' || part === '</mark>') marked = part === '<mark>';
    else if (part) found.push({ text: decode(part), marked });
  }
  return found;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#[0-9]+|[a-z]+);/gi, (entity, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? entity;
    const code = name[1]?.toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}

export function Highlighted({ html }: { html: string }) {
  return segments(html).map((segment, index) =>
    segment.marked ? <mark key={index}>{segment.text}</mark> : <Fragment key={index}>{segment.text}</Fragment>,
  );
}
