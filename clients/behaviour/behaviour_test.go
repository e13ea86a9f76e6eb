package behaviour_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/clients/behaviour"
)

func TestCases(t *testing.T) {
	t.Parallel()
	cases, err := behaviour.Cases(filepath.Join("..", "behaviour.json"))
	require.NoError(t, err)
	names := map[string]bool{}
	for _, tc := range cases {
		require.False(t, names[tc.Name], "%s stands there twice", tc.Name)
		names[tc.Name] = true
		require.NotEmpty(t, tc.Shows, tc.Name)
	}
	_, err = behaviour.Cases("none.json")
	require.ErrorIs(t, err, os.ErrNotExist)
	wrong := filepath.Join(t.TempDir(), "wrong.json")
	require.NoError(t, os.WriteFile(wrong, []byte(`[{"expect": {"atempts": 2}}]`), 0o600))
	_, err = behaviour.Cases(wrong)
	require.ErrorContains(t, err, "atempts")
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	_, err := behaviour.NewProxy("://")
	require.Error(t, err)
	proxy, err := behaviour.NewProxy("http://127.0.0.1:0")
	require.NoError(t, err)
	site := httptest.NewServer(proxy)
	t.Cleanup(site.Close)
	for path, status := range map[string]int{"/scripts/7": 404, "/s/7/x": 404, "/feeds/missing.xml": 404} {
		response, err := http.Get(site.URL + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, status, response.StatusCode, path)
	}
	response, err := http.Post(site.URL+"/scripts", "application/json", strings.NewReader("{"))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	// A server that is away is a connection that breaks.
	begun, err := http.Post(site.URL+"/scripts", "application/json", strings.NewReader("[]"))
	require.NoError(t, err)
	require.NoError(t, begun.Body.Close())
	_, err = http.Get(site.URL + "/s/0/x")
	require.Error(t, err)
}
