/** Which claims a citation in a report stands for. */
import type { ResearchClaim } from '@content-creator/client';

/**
 * `[2]` behind a sentence means the claim with that sentence and source; where the sentence is not found, all claims of
 * the source.
 */
export function claimsCited<Claim extends Pick<ResearchClaim, 'sentence'> & { source: { number: number } }>(
  claims: Claim[],
  number: number,
  before: string,
): Claim[] {
  const ofSource = claims.filter(({ source }) => source.number === number);
  const sentence = plain(before.replace(/(\s*\[\d+\])+\s*$/, ''));
  const exact = ofSource.filter((claim) => sentence.endsWith(plain(claim.sentence)));
  return exact.length > 0 ? exact : ofSource;
}

/** Without what Markdown adds. */
function plain(text: string): string {
  return text.replace(/[\\*_`]/g, '').replace(/\s+/g, ' ').trim();
}
