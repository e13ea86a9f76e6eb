package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/ledger"
)

// TestRefusalsSayWhatIsUsedUp: each is an ErrBudget, and a sentence.
func TestRefusalsSayWhatIsUsedUp(t *testing.T) {
	t.Parallel()
	for says, refusal := range map[string]*ledger.Refusal{
		"The budget allows no requests.":                   {Requests: new(0)},
		"The only request that the budget allows is made.": {Requests: new(1)},
		"All 8 requests that the budget allows are made.":  {Requests: new(8)},
		"What a call to tavily costs is not known, and the budget allows only what is: set its price, or leave out max_cost_usd.": {Unpriced: "tavily"},
		"$0.0036 of the budget of $0.03 is left, and the next call could have cost $0.008.":                                       {Most: new(int64(8000)), Left: 3600, Budget: 30000},
		"The 8 requests that the budget allows are shared among searching, reading and writing.":                                  {Requests: new(8), Shared: true},
		"Searching may cost at most half of the budget of $0.03, so that there is something left to write with.":                  {Budget: 30000, Shared: true},
		"the budget does not allow this call": {},
	} {
		require.ErrorIs(t, refusal, ledger.ErrBudget)
		require.EqualError(t, refusal, says)
	}
	require.Equal(t, "12", ledger.Dollars(12_000_000))
	require.Equal(t, "0", ledger.Dollars(0))
}
