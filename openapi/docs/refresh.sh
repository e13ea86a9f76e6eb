#!/bin/sh
# Takes Swagger UI and Redoc from npm into site/ and points the pages at the new versions.
#   sh refresh.sh SWAGGER_UI_VERSION REDOC_VERSION
# The same versions and the same gzip give the same bytes.
set -eu
cd "$(dirname "$0")"
swagger_ui=$1
redoc=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch NAME VERSION unpacks a package into $work/NAME.
fetch() {
	mkdir "$work/$1"
	npm pack "$1@$2" --silent --pack-destination "$work" >/dev/null
	tar -xzf "$work/$1-$2.tgz" -C "$work/$1" --strip-components=1
}

# place FROM INTO FILE... copies texts and pictures as they are, and scripts and styles gzipped.
place() {
	from=$1 into=$2
	shift 2
	rm -rf "$(dirname "$into")"
	mkdir -p "$into"
	for file; do
		case $file in
		*.js | *.css) gzip -9 -n -c "$from/$file" >"$into/$(basename "$file").gz" ;;
		*) cp "$from/$file" "$into/$(basename "$file")" && chmod 644 "$into/$(basename "$file")" ;;
		esac
	done
}

fetch swagger-ui-dist "$swagger_ui"
place "$work/swagger-ui-dist" "site/docs/assets/$swagger_ui" \
	LICENSE NOTICE swagger-ui-bundle.js.LICENSE.txt favicon-32x32.png swagger-ui-bundle.js swagger-ui.css

# Redoc asks a foreign host for the logo in its menu and has no option against it. An empty picture
# in its place makes Redoc leave the logo out.
fetch redoc "$redoc"
bundle=$work/redoc/bundles/redoc.standalone.js
sed 's|"https://cdn\.[^"]*/logo-mini\.svg"|"data:,"|' "$bundle" >"$work/patched.js"
if cmp -s "$bundle" "$work/patched.js"; then
	echo "refresh.sh: redoc@$redoc has no logo where it was; look where it is now" >&2
	exit 1
fi
mv "$work/patched.js" "$bundle"
place "$work/redoc" "site/redoc/assets/$redoc" \
	LICENSE bundles/redoc.standalone.js.LICENSE.txt bundles/redoc.standalone.js

for page in site/docs/index.html site/redoc/index.html; do
	sed -e "s|/docs/assets/[^/]*/|/docs/assets/$swagger_ui/|g" \
		-e "s|/redoc/assets/[^/]*/|/redoc/assets/$redoc/|g" "$page" >"$work/page.html"
	cat "$work/page.html" >"$page"
done
