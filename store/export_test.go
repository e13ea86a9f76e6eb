package store

// Narrow makes lists and searches of a few hundred rows take the ways that otherwise a million need: walks that
// give up, heads, jumps, ranking of a part. Far narrows so much that nothing is found on a walk at all.
func (s *Store) Narrow(far bool) {
	s.totalCap = 20
	s.bounds = bounds{
		gather: 10, gatherDeep: 15, deepPage: 40,
		walk:       30,
		headsFirst: 3, headsMost: 1_000, headsDepth: 12,
		ranked: 30, phrased: 30, direct: 10, checked: 500, counted: 1,
	}
	if far {
		s.bounds.walk, s.bounds.headsFirst, s.bounds.headsDepth, s.bounds.checked = -200, 1_000, 400, 0
	}
}
