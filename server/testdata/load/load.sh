#!/usr/bin/env bash
# Requests a second of one topic: read through everything, by a bare program, and by pgbench, in turns
# within the same minutes. Run it as `task load` on a database that `task bench` has filled:
# BENCH_DATABASE_URL names it. Needs wrk and pgbench.
set -euo pipefail
: "${BENCH_DATABASE_URL:?names the database that task bench has filled}"
seconds=${SECONDS_EACH:-10}
rounds=${ROUNDS:-3}
for tool in wrk pgbench psql; do
	command -v "$tool" >/dev/null || { echo "install $tool (apt-get install wrk postgresql-client postgresql-contrib)" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
go build -o "$work/content-creator" .
go build -o "$work/bare" ./server/testdata/load/bare

id=$(psql "$BENCH_DATABASE_URL" -Atc 'select id from topics order by discovered_at desc offset 1000 limit 1')
key=cc_load_$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
sed -n "/^const query/,/\`$/p" server/testdata/load/bare/main.go | sed '1d; s/`$//' | sed "s/\$1/'$id'/" > "$work/read.sql"
echo ';' >> "$work/read.sql"

DATABASE_URL=$BENCH_DATABASE_URL ADDR=127.0.0.1:18081 "$work/bare" >/dev/null 2>&1 &
DATABASE_URL=$BENCH_DATABASE_URL ADDR=127.0.0.1:18082 ADMIN_API_KEY=$key RATE_LIMIT=1000000 \
	"$work/content-creator" serve --workers=false >/dev/null 2>"$work/log" &
for port in 18081 18082; do
	for _ in $(seq 100); do
		curl -s -o /dev/null "http://127.0.0.1:$port/" && break
		read -rt 0.1 <> <(:) || true
	done
done

measure() { wrk -t1 -c32 -d"${seconds}s" "$@" | awk '/Non-2xx/ {bad=1} /Requests\/sec/ {print (bad ? "failed" : $2)}'; }
printf '%-8s %14s %14s %14s\n' round bare everything pgbench
for round in $(seq "$rounds"); do
	bare=$(measure "http://127.0.0.1:18081/api/v1/topics/$id")
	everything=$(measure -H "Authorization: Bearer $key" "http://127.0.0.1:18082/api/v1/topics/$id")
	pg=$(pgbench -n -M prepared -c 32 -j 1 -T "$seconds" -f "$work/read.sql" "$BENCH_DATABASE_URL" 2>/dev/null | awk '/^tps/ {print $3}')
	printf '%-8s %14s %14s %14s\n' "$round" "$bare" "$everything" "$pg"
done
