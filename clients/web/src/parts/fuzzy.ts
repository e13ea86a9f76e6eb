/** How well a text fits what somebody types in a hurry. */

/**
 * A number that is higher the better it fits, null where it does not. Every word of the query has to be found, in any order:
 * as the beginning of a word, within one, or as letters in their order from the beginning of a word on ("dsc" is "discover").
 */
export function fit(query: string, text: string): number | null {
  const words = plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  let sum = 0;
  for (const wanted of plain(query).split(/\s+/).filter(Boolean)) {
    const best = Math.max(0, ...words.map((word) => fitOfWord(wanted, word)));
    if (best === 0) return null;
    sum += best;
  }
  // Of equals the shorter, which has less that was not asked for.
  return sum - words.length / 1000;
}

function fitOfWord(wanted: string, word: string): number {
  if (word === wanted) return 4;
  if (word.startsWith(wanted)) return 3;
  if (wanted.length > 2 && word.includes(wanted)) return 2;
  return word[0] === wanted[0] && inOrder(wanted, word) ? 1 : 0;
}

function inOrder(wanted: string, word: string): boolean {
  let at = -1;
  return [...wanted].every((letter) => (at = word.indexOf(letter, at + 1)) >= 0);
}

/** Without capitals and accents. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase();
}
