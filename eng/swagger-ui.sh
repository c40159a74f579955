#!/bin/sh
# Takes a version of Swagger UI (Apache-2.0) into the docs page: eng/swagger-ui.sh 5.35.0
set -eu
version=$1
target=$(cd "$(dirname "$0")/.." && pwd)/src/FunctionsGateway/Docs/Page/swagger-ui
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "swagger-ui-dist@$version" > /dev/null
tar -xzf ./*.tgz
mkdir -p "$target"
for file in swagger-ui-bundle.js swagger-ui.css; do
  # The map is not shipped.
  sed 's|^//# sourceMappingURL=.*||; s|/\*# sourceMappingURL=.*\*/||' "package/$file" | gzip -9 -n > "$target/$file.gz"
done
cp package/LICENSE package/NOTICE package/swagger-ui-bundle.js.LICENSE.txt "$target/"
echo "$version" > "$target/VERSION"
