package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/store"
)

func TestSpell(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", time.Second: "1 s", 61 * time.Second: "1 min 1 s", time.Hour: "1 h", time.Hour + time.Second: "1 h",
		6*time.Hour + 12*time.Minute + 5*time.Second: "6 h 12 min", 49 * time.Hour: "2 d 1 h",
	} {
		require.Equal(t, want, store.Spell(d))
	}
}
