package contentcreator_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/content-creator/content-creator-api/clients/behaviour"
	"github.com/content-creator/content-creator-api/gen/client"
)

func TestExamples(t *testing.T) {
	t.Parallel()
	server := realServer(t)
	feeds, err := behaviour.NewProxy(server.base)
	require.NoError(t, err)
	site := httptest.NewServer(feeds)
	t.Cleanup(site.Close)
	made, err := server.direct(t).API.CreateTopicWithResponse(t.Context(), nil, client.TopicCreate{
		Title: "A topic to change", Domain: "examples", Market: "de", Language: "en", Priority: new(3),
	})
	require.NoError(t, err)
	for _, example := range []struct{ name, argument, says string }{
		{"topics", "", `^PropTech trends \d+ is one of \d+ topics of proptech\.\n$`},
		{"feed", site.URL + "/feeds/ok.xml", `^The poll brought \d documents\.\n$`},
		{"feed", site.URL + "/feeds/missing.xml", `^The poll has failed\n$`},
		{"change", made.JSON201.ID.String(), `^A topic to change has priority 4\n$`},
		{"change", "0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37", `TOPIC_NOT_FOUND, status 404, request `},
	} {
		program := exec.CommandContext(t.Context(), "go", "run", "./examples/"+example.name, example.argument)
		program.Env = append(program.Environ(), "CONTENT_CREATOR_URL="+server.base, "CONTENT_CREATOR_API_KEY="+server.key)
		var log bytes.Buffer
		program.Stderr = &log
		out, err := program.Output()
		require.NoError(t, err, "%s: %s", example.name, &log)
		require.Regexp(t, example.says, string(out), example.name)
	}
}

func TestReadmeBeginsWithTheExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	example, err := os.ReadFile(filepath.Join("examples", "topics", "main.go"))
	require.NoError(t, err)
	require.Equal(t, string(example), string(regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(readme)[1]))
}
