#!/bin/bash
# Encrypt the newest backup into one file that may leave the machine; openup-copy.service runs it.
# $1 where the backups lie, $2 where the encrypted ones go, $3 a file of age's public keys, one a line.
set -euo pipefail
umask 077
newest=$(find "$1" -mindepth 1 -maxdepth 1 -type d -name '????-??-??T??????Z' | sort | tail -n 1)
if [ -z "$newest" ]; then
    echo "$1 holds no backup." >&2
    exit 1
fi
mkdir -p "$2"
rm -f "$2"/*.unfinished
name=$(basename "$newest")
draft="$2/$name.tar.age.unfinished"
trap 'rm -f "$draft"' EXIT
# Without pipefail half of a backup would look whole.
tar --create --directory "$1" "$name" | age --encrypt --recipients-file "$3" --output "$draft"
sync "$draft"
mv "$draft" "$2/$name.tar.age"
find "$2" -name '*.tar.age' -mtime +2 -delete
echo "Encrypted: $2/$name.tar.age"
