#!/bin/sh
# Prints the path of a Chromium for the browser tests; installs Debian's when there is none and this user may.
# Prints nothing where HAITANG_SKIP_BROWSER is set, or when there is none to be had: `make test` then skips the browser
# tests and says so, except under CI, where this fails.
set -u

[ -n "${HAITANG_SKIP_BROWSER:-}" ] && exit

find_chromium() {
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    [ -n "$name" ] && command -v "$name" && return
  done
  return 1
}

find_chromium && exit

as_root=
if [ "$(id -u)" -ne 0 ]; then
  as_root="sudo -n"
fi
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
  echo "Installing Chromium for the browser tests." >&2
  {
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium
  } >&2
  find_chromium && exit
fi

echo "The browser tests need Chromium or Chrome, which could not be installed here without a password." >&2
echo "Install one (Debian: apt-get install chromium) or set CHROMIUM=/path/to/it; until then they are skipped." >&2
[ -z "${CI:-}" ]
