/** What every list answers. */
interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/**
 * Iterates over everything that a list has, page by page, and asks for the next page only when it is reached.
 *
 * @example
 * for await (const topic of all((cursor) => client.topics.list({ query: { status: ['discovered'], cursor } }))) {
 *   console.log(topic.title);
 * }
 */
export async function* all<Item>(
  page: (cursor: string | undefined) => Promise<{ data: Page<Item> }>,
): AsyncGenerator<Item, void, undefined> {
  for (let cursor: string | undefined; ; ) {
    const { data } = await page(cursor);
    yield* data.items;
    // A cursor that does not move would never end.
    if (!data.next_cursor || data.next_cursor === cursor) return;
    cursor = data.next_cursor;
  }
}
