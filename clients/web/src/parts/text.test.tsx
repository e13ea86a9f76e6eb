/** Text from elsewhere never becomes anything but text, marks and harmless links. */
import type { Draft, ResearchClaim } from '@content-creator/client';
import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { around } from './citation';
import { claimsCited, claimsCitedInDraft } from './cited';
import { segments } from './highlighted';
import { Markdown } from './markdown';
import { safeAddress } from './safe-address';

test('marks are taken from what the server highlights, all else is text', () => {
  expect(segments('a <mark>b &amp; c</mark> &lt;img onerror=x&gt; &#39;&#x1F642;')).toEqual([
    { text: 'a ', marked: false },
    { text: 'b & c', marked: true },
    { text: " <img onerror=x> '🙂", marked: false },
  ]);
  expect(segments('<b>x</b> &nosuch; &#9999999999;')).toEqual([{ text: '<b>x</b> &nosuch; &#9999999999;', marked: false }]);
  expect(segments('')).toEqual([]);
});

test('only http addresses are links', () => {
  expect(safeAddress('https://example.com/a b')).toBe('https://example.com/a%20b');
  for (const harmful of ['javascript:alert(1)', 'data:text/html,x', ' javascript:alert(1)', '/relative', 'vbscript:x']) {
    expect(safeAddress(harmful)).toBeNull();
  }
});

function show(text: string, citation?: (number: number, before: string) => string) {
  return render(
    <MantineProvider env="test">
      <Markdown text={text} {...(citation && { citation })} />
    </MantineProvider>,
  ).container;
}

test('Markdown becomes elements; HTML, scripts and pictures in it do not', () => {
  const shown = show('# Title\n\nA **bold** [link](https://example.com) and [bad](javascript:alert(1))\n\n<script>alert(1)</script>\n\n<img src=x onerror=y>\n\n![alt](https://example.com/x.png)\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> said\n\n```\ncode\n```');
  expect(shown.querySelector('script, img')).toBeNull();
  expect(shown.textContent).toContain('<script>alert(1)</script>');
  expect([...shown.querySelectorAll('a')].map((link) => link.href)).toEqual(['https://example.com/', 'https://example.com/x.png']);
  expect(shown.querySelector('h2')?.textContent).toBe('Title');
  expect(shown.querySelector('strong')?.textContent).toBe('bold');
  expect(shown.querySelectorAll('li')).toHaveLength(2);
  expect(shown.querySelectorAll('td')).toHaveLength(2);
  expect(shown.querySelector('blockquote, pre')).not.toBeNull();
});

test('citations are handed over with what stands before them', () => {
  const seen: [number, string][] = [];
  show('- The trial had 412 houses. [2] [3]', (number, before) => {
    seen.push([number, before]);
    return `(${number})`;
  });
  expect(seen).toEqual([
    [2, 'The trial had 412 houses. '],
    [3, 'The trial had 412 houses. [2] '],
  ]);
  expect(screen.getAllByText(/\(2\) \(3\)/)).not.toHaveLength(0);
});

test('a citation means the claim of its sentence, else all of its source', () => {
  const claim = (sentence: string, number: number) => ({ sentence, source: { number } });
  const claims = [claim('A *b* c.', 1), claim('D.', 1), claim('A b c.', 2)];
  expect(claimsCited(claims, 1, 'First. A b  c. ')).toEqual([claims[0]]);
  expect(claimsCited(claims, 2, 'A b c. [1] ')).toEqual([claims[2]]);
  expect(claimsCited(claims, 1, 'Something else.')).toEqual([claims[0], claims[1]]);
  expect(claimsCited(claims, 9, 'A b c.')).toEqual([]);
});

test('a citation in a draft finds its claims by the numbers and the words of the draft', () => {
  const claim = (id: string, number: number, sentence: string) => ({ id, sentence, source: { number, snapshot_id: `text ${number}` } }) as ResearchClaim;
  const claims = [claim('a', 4, 'It is new.'), claim('b', 4, 'It is old.'), claim('c', 2, 'It is red.')];
  const citations = [{ number: 1, snapshot_id: 'text 4' }, { number: 2, snapshot_id: 'text 2' }] as Draft['citations'];
  const written = { citations, sentences: [{ text: 'New and red.', section: '', claims: ['a', 'c'] }, { text: 'Old.', section: '', claims: ['b'] }] };
  const found = (draft: Pick<Draft, 'sentences' | 'citations'>, number: number, before: string) => claimsCitedInDraft(claims, draft, number, before).map(({ id, source }) => [id, source.number]);
  expect(found(written, 1, 'According to the town: New and red. ')).toEqual([['a', 1]]);
  expect(found(written, 2, 'New and red. [1]')).toEqual([['c', 2]]);
  expect(found(written, 1, 'Changed by hand.')).toEqual([['a', 1], ['b', 1]]);
  expect(found(written, 4, 'New and red.')).toEqual([]);
  const edited = { citations, sentences: [] };
  expect(found(edited, 1, 'It is old. ')).toEqual([['b', 1]]);
  expect(found(edited, 2, 'Rewritten.')).toEqual([['c', 2]]);
});

test('a quote is found by characters, not by units of UTF-16', () => {
  expect(around('🙂🙂 quote after', 3, 8)).toEqual(['🙂🙂 ', 'quote', ' after']);
  expect(around('abc', 0, 3)).toEqual(['', 'abc', '']);
});
