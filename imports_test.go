package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/content-creator/content-creator-api"

// mayImport says which of our rooms each room may import, tests aside. Main may import all.
var mayImport = map[string][]string{
	"annotate":   {"store"},
	"clients":    {},
	"clients/go": {"gen/client"},
	// Plays faults to both SDKs; not part of the program.
	"clients/behaviour":       {},
	"clients/behaviour/proxy": {"clients/behaviour"},
	// Shows the way from feeds to a cited report; not part of the program.
	"clients/go/demo": {"clients/go", "gen/client"},
	// What the SDK's README shows.
	"clients/go/examples/change":  {"clients/go", "gen/client"},
	"clients/go/examples/feed":    {"clients/go", "gen/client"},
	"clients/go/examples/topics":  {"clients/go", "gen/client"},
	"clients/go/examples/webhook": {"clients/go"},
	"clients/web":                 {"server/static"},
	"collect":                     {"store", "llm"},
	"collect/collecttest":         {},
	// Measures what collect makes of pages; not part of the program.
	"collect/scorearticles": {"collect"},
	"config":                {},
	"content":               {"store", "annotate", "markdown", "llm", "ledger"},
	"gen/api":               {"store"},
	"gen/client":            {},
	"jobs":                  {"store", "annotate", "collect", "opml", "research", "content", "notion", "webhook", "llm", "ledger"},
	"ledger":                {},
	"legacy":                {"store"},
	"llm":                   {"ledger"},
	"llm/llmtest":           {"ledger"},
	"migrations":            {},
	"notion":                {"store"},
	"openapi":               {},
	"opml":                  {"store"},
	"openapi/docs":          {"server/static"},
	"research":              {"store", "annotate", "collect", "markdown", "llm", "ledger"},
	"research/researchtest": {"research", "store", "llm/llmtest"},
	"markdown":              {},
	// Measures how well citations hold; not part of the program.
	"research/evaluate": {"research", "research/researchtest", "store", "collect", "llm", "ledger"},
	"server":            {"gen/api", "markdown", "openapi", "openapi/docs", "opml", "store", "jobs", "clients", "clients/web", "config"},
	"server/static":     {},
	"store":             {"migrations"},
	"store/embedded":    {},
	"webhook":           {},
	"store/storetest":   {"store", "store/embedded", "migrations"},
}

// onlyIn says where packages of others may be imported, tests aside.
var onlyIn = map[string][]string{
	"github.com/labstack/echo":      {"server", "gen/api"},
	"github.com/ory/dockertest":     {"store/storetest"},
	"github.com/stretchr/testify":   {"store/storetest"},
	"github.com/riverqueue/river":   {"jobs", "store"},
	"riverqueue.com/riverui":        {"jobs"},
	"github.com/golang-migrate":     {"store"},
	"github.com/getkin/kin-openapi": {"server", "gen/api", "openapi"},
}

// takesValues are the rooms that talk to the outside world and are never handed the database.
var takesValues = []string{"collect", "research", "content", "notion", "llm"}

// A listed package is what go list says of it.
type listed struct {
	ImportPath, Dir string
	Imports, Deps   []string
	GoFiles         []string
}

// room is the package's folder; "" is main, and of what is not ours false.
func room(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

// packages are all that go list finds below the module, by import path.
func packages(t *testing.T) map[string]listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Dir,Imports,Deps,GoFiles", "./...")
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	require.NoError(t, err, complaint.String())
	found := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err)
		found[p.ImportPath] = p
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	all := packages(t)
	require.Contains(t, all, module)

	for path, p := range all {
		from, ours := room(path)
		if !ours {
			continue
		}
		allowed, known := mayImport[from]
		require.True(t, known || from == "", "say in mayImport what %s may import", from)
		for _, imported := range p.Imports {
			if to, ours := room(imported); ours && from != "" {
				require.Contains(t, allowed, to, "%s must not import %s", from, to)
			}
			for prefix, rooms := range onlyIn {
				if strings.HasPrefix(imported, prefix) {
					require.Contains(t, rooms, from, "%s must not import %s", from, imported)
				}
			}
		}
	}
}

func TestClientIsLight(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, client := range []string{"gen/client", "clients/go"} {
		for _, dependency := range all[module+"/"+client].Deps {
			to, ours := room(dependency)
			require.False(t, ours && to != "gen/client", "%s reaches %s", client, to)
			require.NotContains(t, dependency, "labstack/echo", client)
			require.NotContains(t, dependency, "jackc/pgx", client)
		}
	}
	require.NotEmpty(t, all[module+"/gen/client"].Deps)
}

func TestProgramHoldsNothingForTests(t *testing.T) {
	t.Parallel()
	for _, dependency := range packages(t)[module].Deps {
		for _, unwanted := range []string{"dockertest", "testify", "standard-webhooks", module + "/store/storetest", module + "/collect/collecttest", module + "/llm/llmtest", module + "/research/researchtest", module + "/gen/client"} {
			require.NotContains(t, dependency, unwanted)
		}
	}
}

// TestImageIsBuiltOfEveryRoom: what .dockerignore does not name is not there when the image is built.
func TestImageIsBuiltOfEveryRoom(t *testing.T) {
	t.Parallel()
	all := packages(t)
	text, err := os.ReadFile(".dockerignore")
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	for _, dependency := range append(all[module].Deps, module) {
		name, ours := room(dependency)
		if !ours {
			continue
		}
		top, _, _ := strings.Cut(name, "/")
		named := slices.Contains(lines, "!"+top+"/") || slices.Contains(lines, "!"+strings.TrimPrefix(name+"/*.go", "/"))
		require.True(t, named, "%s: a room of the program that the image is built without", name)
	}
}

// TestOutsideNeverSeesTheDatabase finds every mention of store.Store in the rooms that take values.
func TestOutsideNeverSeesTheDatabase(t *testing.T) {
	t.Parallel()
	for path, p := range packages(t) {
		name, ours := room(path)
		if !ours || !slices.Contains(takesValues, name) {
			continue
		}
		for _, file := range p.GoFiles {
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, filepath.Join(p.Dir, file), nil, 0)
			require.NoError(t, err)
			ast.Inspect(parsed, func(node ast.Node) bool {
				if selected, ok := node.(*ast.SelectorExpr); ok {
					in, _ := selected.X.(*ast.Ident)
					require.False(t, in != nil && in.Name == "store" && slices.Contains([]string{"Store", "Open"}, selected.Sel.Name),
						"%s: %s must not see the database", set.Position(node.Pos()), name)
				}
				return true
			})
		}
	}
}
