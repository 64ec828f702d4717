# Sourced by the commands in deploy/: finds Python and makes the clone's environment ready, at no cost when it already is.
#
#   environment PART…     parts: main (the server and the devices), cups (pycups, where allowed), marks (the second
#                         reader of mark sheets, where allowed), test (everything deploy/test needs)
#   run_python ARGUMENT…  replaces this process by the environment's Python, with the clone on its path and the caller's folder untouched
#
# What installs is deploy/lib/environment.py; here is only what must work before any Python of ours runs.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
export DISTSERVER_HOME="${DISTSERVER_HOME:-$root/var}"

# The same text as deploy/lib/stamps.py writes: digest of the lists, the interpreter, and for cups whether its headers are there.
stamp() {
  local digest
  digest=$(LC_ALL=C; cat "$root"/deploy/constraints.txt "$root"/deploy/debian-*.txt "$root"/deploy/requirements*.txt | sha256sum)
  printf '%s %s' "${digest%% *}" "$(readlink -f "$root/.venv/bin/python")"
  if [ "$1" = cups ] && [ -e /usr/include/cups/cups.h ]; then printf ' headers'; fi
}

is_ready() {
  [ "$1" != test ] && [ -x "$root/.venv/bin/python" ] && [ -r "$root/.venv/.ready-$1" ] \
    && [ "$(<"$root/.venv/.ready-$1")" = "$(stamp "$1")" ]
}

find_python() {
  local name
  for name in python3.11 python3 python3.12 python3.13 python3.14; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  echo "deploy: Python 3.11 or newer is missing: install it (Debian: apt-get install python3 python3-venv) and start again" >&2
  exit 78
}

environment() {
  local part python missing=()
  if [ -L "$root/.venv/bin/python" ] && [ ! -x "$root/.venv/bin/python" ] && [ ! -w "$root/.venv" ]; then
    echo "deploy: you may not run the Python of this clone ($(readlink -m "$root/.venv/bin/python")): have its owner set it up with a Python that all may run, or clone the project yourself" >&2
    exit 78
  fi
  for part in "$@"; do is_ready "$part" || missing+=("$part"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  python=$(find_python) || exit $?
  "$python" -P -m deploy.lib.environment "${missing[@]}" || exit $?
}

run_python() {
  exec "$root/.venv/bin/python" -P "$@"
}
