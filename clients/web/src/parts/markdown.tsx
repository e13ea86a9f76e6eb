/**
 * Markdown as React elements: HTML in it stays text, addresses are http(s) or ours, and pictures are links, since this
 * page asks nobody but its own server.
 */
import { Anchor } from '@mantine/core';
import { marked, type Token, type Tokens } from 'marked';
import { createElement, Fragment, type ReactNode } from 'react';
import { safeAddress } from './safe-address';

interface Props {
  text: string;
  /** What to show in place of a citation, `[3]`, after what stands before it. */
  citation?: (number: number, before: string) => ReactNode;
  /** The level of its highest headings on this page. */
  level?: number;
}

export function Markdown({ text, citation, level = 2 }: Props) {
  const tokens = marked.lexer(text);
  const highest = Math.min(6, ...tokens.filter((token) => token.type === 'heading').map((token) => (token as Tokens.Heading).depth));
  return <div className="reading">{new Renderer(citation, level - highest).all(tokens)}</div>;
}

class Renderer {
  constructor(
    private readonly citation: Props['citation'],
    private readonly lower: number,
  ) {}

  all(tokens: Token[] | undefined): ReactNode {
    return (tokens ?? []).map((token, index) => <Fragment key={index}>{this.one(token)}</Fragment>);
  }

  private one(token: Token): ReactNode {
    switch (token.type) {
      case 'space':
      case 'def':
        return null;
      case 'heading':
        return createElement(`h${Math.min(6, Math.max(1, (token as Tokens.Heading).depth + this.lower))}`, null, this.all(token.tokens));
      case 'paragraph':
        return <p>{this.all(token.tokens)}</p>;
      case 'text':
        return token.tokens ? this.all(token.tokens) : this.text(unescape(token.text as string));
      case 'escape':
        return token.text as string;
      case 'strong':
        return <strong>{this.all(token.tokens)}</strong>;
      case 'em':
        return <em>{this.all(token.tokens)}</em>;
      case 'del':
        return <del>{this.all(token.tokens)}</del>;
      case 'codespan':
        return <code>{token.text}</code>;
      case 'code':
        return (
          <pre tabIndex={0}>
            <code>{token.text}</code>
          </pre>
        );
      case 'br':
        return <br />;
      case 'hr':
        return <hr />;
      case 'blockquote':
        return <blockquote>{this.all(token.tokens)}</blockquote>;
      case 'list':
        return this.list(token as Tokens.List);
      case 'table':
        return this.table(token as Tokens.Table);
      case 'link':
        return this.link((token as Tokens.Link).href, this.all(token.tokens));
      case 'image':
        return this.link((token as Tokens.Image).href, `🖼 ${token.text || (token as Tokens.Image).href}`);
      default:
        return token.raw;
    }
  }

  private list(list: Tokens.List): ReactNode {
    const items = list.items.map((item, index) => <li key={index}>{this.all(item.tokens)}</li>);
    return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
  }

  private table(table: Tokens.Table): ReactNode {
    return (
      <table tabIndex={0}>
        <thead>
          <tr>
            {table.header.map((cell, index) => (
              <th key={index}>{this.all(cell.tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{this.all(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    );
  }

  private link(address: string, content: ReactNode): ReactNode {
    const safe = safeAddress(address);
    if (!safe) return content;
    return (
      <Anchor href={safe} target="_blank" rel="noopener noreferrer" underline="always" inherit>
        {content}
      </Anchor>
    );
  }

  private text(text: string): ReactNode {
    if (!this.citation) return text;
    const parts = text.split(/(\[\d+\])/);
    return parts.map((part, index) => (
      <Fragment key={index}>
        {/^\[\d+\]$/.test(part) ? this.citation!(Number(part.slice(1, -1)), parts.slice(0, index).join('')) : part}
      </Fragment>
    ));
  }
}

/** marked leaves entities as they are written. */
function unescape(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name]!);
}
