#!/bin/sh
# Adds a group of the server as a printer of this Mac (IPP Everywhere: no driver). Call it again to change it.
#
#   add-group-printer-macos.sh ipps://print.example.org:8640/ipp/print/sales [NAME]
#   add-group-printer-macos.sh --remove NAME
set -eu
usage() {
  echo "usage: $(basename "$0") ipp[s]://HOST:PORT/ipp/print/GROUP [NAME], or --remove NAME" >&2
  exit 2
}
[ $# -ge 1 ] || usage
if [ "$1" = --remove ]; then
  [ $# -eq 2 ] || usage
  exec lpadmin -x "$2"
fi
case $1 in ipp://*/ipp/print/?* | ipps://*/ipp/print/?*) ;; *) usage ;; esac
name=${2:-$(basename "$1")}
case $name in *[!A-Za-z0-9_-]* | '')
  echo "'$name' cannot name a printer: letters, digits, - and _; say one after the address" >&2
  exit 2
  ;;
esac
lpadmin -p "$name" -E -v "$1" -m everywhere -o printer-is-shared=false
echo "the printer $name sends to $1"
