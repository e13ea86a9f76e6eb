// Package migrations holds the schema as numbered SQL files.
package migrations

import "embed"

// Files holds every migration, in golang-migrate's naming: NNNN_name.up.sql and NNNN_name.down.sql.
//
//go:embed *.sql
var Files embed.FS
