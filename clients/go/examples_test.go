package contentcreator_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/oapi-codegen/nullable"
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

// The receiver of the guides takes a webhook of the real server.
func TestWebhookExample(t *testing.T) {
	t.Parallel()
	server := realServer(t)
	c := server.direct(t)
	program := filepath.Join(t.TempDir(), "webhook")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./examples/webhook").CombinedOutput()
	require.NoError(t, err, "%s", out)

	// The secret is known once there is a webhook, whose address is known once the program listens.
	made, err := c.API.CreateWebhookWithResponse(t.Context(), client.WebhookCreate{URL: "https://example.org/", EventTypes: nullable.NewNullableWithValue([]client.EventType{client.EventTypeFeedGone})})
	require.NoError(t, err)
	receiver := exec.CommandContext(t.Context(), program, "127.0.0.1:0")
	receiver.Env = append(receiver.Environ(), "WEBHOOK_SECRET="+made.JSON201.Secret)
	printed, err := receiver.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, receiver.Start())
	t.Cleanup(func() {
		_ = receiver.Process.Kill()
		_ = receiver.Wait()
	})
	lines := bufio.NewScanner(printed)
	require.True(t, lines.Scan())
	address := lines.Text()
	_, err = c.API.UpdateWebhookWithResponse(t.Context(), made.JSON201.ID, nil, client.WebhookUpdate{URL: &address})
	require.NoError(t, err)
	_, err = c.API.TestWebhookWithResponse(t.Context(), made.JSON201.ID, nil)
	require.NoError(t, err)
	require.True(t, lines.Scan())
	require.Equal(t, "webhook.test map[webhook_id:"+made.JSON201.ID.String()+"]", lines.Text())

	forged, err := http.Post(address, "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	require.NoError(t, forged.Body.Close())
	require.Equal(t, http.StatusBadRequest, forged.StatusCode)
}

// The guides show that receiver.
func TestGuidesShowTheExample(t *testing.T) {
	t.Parallel()
	guides, err := os.ReadFile(filepath.Join("..", "..", "openapi", "docs", "guides.md"))
	require.NoError(t, err)
	example, err := os.ReadFile(filepath.Join("examples", "webhook", "main.go"))
	require.NoError(t, err)
	_, handler, found := strings.Cut(string(example), "func receive")
	require.True(t, found)
	require.Contains(t, string(guides), "```go\nfunc receive"+handler+"```")
}

func TestReadmeBeginsWithTheExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	example, err := os.ReadFile(filepath.Join("examples", "topics", "main.go"))
	require.NoError(t, err)
	require.Equal(t, string(example), string(regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(readme)[1]))
}
