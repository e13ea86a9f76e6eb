package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/config"
)

// withSettings is an app that nothing has been started of.
func withSettings(t *testing.T, environ ...string) *app {
	t.Helper()
	c, _, err := config.Load(nil, environ)
	require.NoError(t, err)
	return &app{config: c}
}

func TestModelsAndBackendsOfTheSettings(t *testing.T) {
	t.Parallel()
	t.Run("none without keys", func(t *testing.T) {
		t.Parallel()
		a := withSettings(t)
		require.Nil(t, a.model())
		require.Nil(t, a.reranker())
		require.Empty(t, a.backends())
		for _, s := range a.config.Services() {
			require.False(t, s.On, s.Name)
			require.Contains(t, s.Reason, "not set", s.Name)
		}
	})
	t.Run("all with them", func(t *testing.T) {
		t.Parallel()
		a := withSettings(t, "OPENROUTER_API_KEY=k1", "LLM_MODEL=some/model", "VOYAGE_API_KEY=k2", "SEARXNG_BASE_URL=http://localhost:8888",
			"TAVILY_API_KEY=k", "BRAVE_API_KEY=k", "THENEWSAPI_API_KEY=k", "GEMINI_API_KEY=k")
		require.Equal(t, "openrouter", a.model().Provider())
		require.NotNil(t, a.reranker())
		var names []string
		for _, b := range a.backends() {
			names = append(names, b.Name)
		}
		require.Equal(t, []string{"searxng", "tavily", "brave", "thenewsapi", "gemini"}, names)
		require.Equal(t, int64(8000), *a.backends()[1].Price.PerRequest)
		for _, s := range a.config.Services() {
			require.True(t, s.On, s.Name)
		}
	})
	t.Run("a key goes to whom it is for alone", func(t *testing.T) {
		t.Parallel()
		a := withSettings(t, "OPENROUTER_API_KEY=k1", "LLM_BASE_URL=http://localhost:11434/v1", "LLM_MODEL=m", "VOYAGE_API_KEY=k2", "RERANK_BASE_URL=https://api.jina.ai/v1")
		require.Empty(t, string(a.config.LLMAPIKey))
		require.Equal(t, "ollama", a.model().Provider())
		require.Nil(t, a.reranker())
	})
	t.Run("prices that are none stop the start", func(t *testing.T) {
		t.Parallel()
		_, _, err := config.Load([]string{"--tavily-usd-per-request=cheap", "--llm-base-url=x", "--llm-context-tokens=-1"}, nil)
		require.ErrorContains(t, err, `TAVILY_USD_PER_REQUEST: "cheap" is not a price`)
		require.ErrorContains(t, err, "LLM_BASE_URL: is not an address")
		require.ErrorContains(t, err, "LLM_CONTEXT_TOKENS: -1 is not from 0")
	})
}
