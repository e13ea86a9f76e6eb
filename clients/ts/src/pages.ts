/** A page of a list, as far as it tells where the next one is. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/**
 * Yields everything that a list has, page by page. Throws what `list` throws, after what came before. A cursor that
 * does not move ends it.
 *
 * @example for await (const topic of all((cursor) => client.topics.list({ query: { cursor } }))) console.log(topic.title);
 */
export async function* all<Item>(
  list: (cursor: string | undefined) => Promise<{ data: Page<Item> }>,
): AsyncGenerator<Item, void, undefined> {
  for (let cursor: string | undefined; ; ) {
    const { data: page } = await list(cursor);
    yield* page.items;
    if (!page.next_cursor || page.next_cursor === cursor) return;
    cursor = page.next_cursor;
  }
}

/**
 * Yields everything by the numbers of pages, from 1 to as many as each page says there are. Numbers reach 10,000 items
 * deep and shift while rows are added; `all` does neither.
 */
export async function* allByPage<Item>(
  list: (page: number) => Promise<{ data: { items: Item[]; pages: number } }>,
): AsyncGenerator<Item, void, undefined> {
  for (let number = 1, pages = 1; number <= pages; number++) {
    const { data: page } = await list(number);
    yield* page.items;
    pages = page.pages;
  }
}
