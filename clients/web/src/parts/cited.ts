/** Which claims a citation in a report or a draft stands for. */
import type { Draft, ResearchClaim } from '@content-creator/client';

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

/**
 * The same in a draft, which numbers its sources itself and may say in other words what its claims say; one that a person has edited
 * knows no more than its sources. The claims have the draft's numbers.
 */
export function claimsCitedInDraft(claims: ResearchClaim[], draft: Pick<Draft, 'sentences' | 'citations'>, number: number, before: string): ResearchClaim[] {
  const numbers = new Map(draft.citations.map((source) => [source.snapshot_id, source.number]));
  const known = claims.map((claim) => ({ ...claim, source: { ...claim.source, number: numbers.get(claim.source.snapshot_id) ?? 0 } }));
  const said = draft.sentences.flatMap(({ text, claims }) =>
    known.filter(({ id }) => claims.includes(id)).map((claim) => ({ sentence: text, source: claim.source, claim })),
  );
  const ofDraft = said.length > 0 ? said : known.map((claim) => ({ sentence: claim.sentence, source: claim.source, claim }));
  return [...new Set(claimsCited(ofDraft, number, before).map(({ claim }) => claim))];
}

/** Without what Markdown adds. */
function plain(text: string): string {
  return text.replace(/[\\*_`]/g, '').replace(/\s+/g, ' ').trim();
}
