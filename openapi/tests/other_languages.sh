#!/usr/bin/env bash
# Generates clients for Go and Java with openapi-generator and compiles them. They are not shipped: this
# shows that the document is good for the generators of other languages too. It takes Java 17, which comes
# from apt where it is missing; the Go compiler and the generator come into a virtual environment.
set -euo pipefail
cd "$(dirname "$0")"
tools=../../.local/generator
wanted=$(sha256sum < requirements-generator.txt)

if ! command -v javac >/dev/null; then
  echo "Installing a Java compiler with apt-get" >&2
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends default-jdk-headless >&2
fi
if [ "$(cat "$tools/installed" 2>/dev/null)" != "$wanted" ]; then
  echo "Installing openapi-generator and Go into .local/generator" >&2
  python3 -m venv --clear "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r requirements-generator.txt
  echo "$wanted" > "$tools/installed"
fi

tools=$(realpath "$tools")
generator="$tools/bin/openapi-generator-cli"
jar=$(echo "$tools"/lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar)
document=$(realpath ../openapi.json)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
cd "$made"

generate() {
  "$generator" generate --input-spec "$document" --generator-name "$@" > "$1.log" 2>&1 || {
    cat "$1.log"
    exit 1
  }
}

"$generator" validate --input-spec "$document"

generate go --output go --additional-properties=packageName=primatomic,enumClassPrefix=true
(cd go && GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local "$tools/bin/go" build ./...)
echo "The client for Go compiles."

# The libraries that the client for Java needs are part of the generator's own archive, but for one
# annotation, which does nothing.
generate java --output java --library native --additional-properties=openApiNullable=false
mkdir -p java/src/main/java/javax/annotation
cat > java/src/main/java/javax/annotation/Generated.java <<'JAVA'
package javax.annotation;
public @interface Generated { String value(); String date(); String comments(); }
JAVA
find java/src/main -name '*.java' > sources
javac -nowarn -Xlint:none -d classes --class-path "$jar" @sources
echo "The client for Java compiles."
