package openapi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// samples are those of all operations, by language.
func samples(t *testing.T) map[string][]string {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(YAML)
	require.NoError(t, err)
	text, err := WithSamples(doc)
	require.NoError(t, err)
	var spec struct {
		Paths map[string]map[string]yaml.Node
	}
	require.NoError(t, yaml.Unmarshal(text, &spec))
	all := map[string][]string{}
	for path, item := range spec.Paths {
		for method, node := range item {
			if node.Kind != yaml.MappingNode {
				continue
			}
			var operation struct {
				Samples []Sample `yaml:"x-codeSamples"`
			}
			require.NoError(t, node.Decode(&operation))
			require.Len(t, operation.Samples, 3, "%s %s", method, path)
			for _, s := range operation.Samples {
				all[s.Label] = append(all[s.Label], s.Source)
			}
		}
	}
	return all
}

func TestSamplesCompile(t *testing.T) {
	t.Parallel()
	var program strings.Builder
	program.WriteString("package samples\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"io\"\n\t\"strings\"\n\n\t\"github.com/google/uuid\"\n\n" +
		"\tcontentcreator \"github.com/content-creator/content-creator-api/clients/go\"\n\t\"github.com/content-creator/content-creator-api/gen/client\"\n)\n\n" +
		"var (\n\t_ = fmt.Println\n\t_ = strings.NewReader\n\t_ = uuid.MustParse\n\t_ client.ID\n\t_ io.Reader\n)\n")
	for i, source := range samples(t)["Go"] {
		end := "\treturn nil\n"
		if strings.HasPrefix(source, "answer") {
			end = "\t_ = answer\n\treturn err\n"
		}
		fmt.Fprintf(&program, "\nfunc f%d(ctx context.Context, c *contentcreator.Client, file io.Reader) error {\n%s\n%s}\n", i, source, end)
	}
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(root, "tmp"), 0o750))
	folder, err := os.MkdirTemp(filepath.Join(root, "tmp"), "samples")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	require.NoError(t, os.WriteFile(filepath.Join(folder, "samples.go"), []byte(program.String()), 0o600))
	compile := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, "./tmp/"+filepath.Base(folder)) //nolint:gosec // a folder of our own
	compile.Dir = root
	said, err := compile.CombinedOutput()
	require.NoError(t, err, "%s", said)
}

func TestSamplesOfCurl(t *testing.T) {
	t.Parallel()
	all := strings.Join(samples(t)["curl"], "\n\n")
	require.Contains(t, all, "curl -X POST \"$API/topics\" \\\n  -H \"Authorization: Bearer $KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -d '{")
	require.Contains(t, all, "--data-binary @feeds.opml")
	require.Contains(t, all, `curl -N "$API/events"`)
	require.NotContains(t, all, "{id}")
	require.NotContains(t, all, "<nil>", "every parameter has an example")
	said, err := exec.CommandContext(t.Context(), "bash", "-n", "-c", all).CombinedOutput() //nolint:gosec // only read, never run
	require.NoError(t, err, "%s", said)
}

// TestNoSpecification changes what all samples are made of, so no other test may run beside it.
func TestNoSpecification(t *testing.T) { //nolint:paralleltest // see above
	original := YAML
	defer func() { YAML = original }()
	YAML = []byte("openapi: [")
	_, err := WithSamples(nil)
	require.ErrorContains(t, err, "read the specification")
}
