package store

// Narrow makes lists and searches of a few hundred rows take the ways that otherwise a million need: walks that
// give up, merged heads, ranking of a part. Far makes it jumps, and searches that go month by month.
func (s *Store) Narrow(far bool) {
	s.totalCap = 20
	s.bounds = bounds{
		gather: 10, gatherDeep: 15, deepPage: 40,
		walk:       30,
		headsFirst: 40, headsMost: 1_000, headsRows: 200,
		ranked: 30, phrased: 30, direct: 10, checked: 500, spare: 3, sampled: 1, counted: 25, beginningsMost: 400,
		costCheck: 0.1,
	}
	if far {
		s.bounds.walk, s.bounds.headsFirst, s.bounds.headsRows, s.bounds.checked = 1, 0, 0, 0
	}
}
