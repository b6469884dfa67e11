#!/usr/bin/env bash
# Makes the secrets that compose.yaml needs, in the folder secrets beside it, or in the one that is named. It never
# changes a folder that is there: with another key, what is in the store can't be read any more.
set -euo pipefail
folder=${1:-$(dirname "$0")/secrets}
if [ -e "$folder" ]; then
    echo "secrets.sh: $folder is there already, nothing is changed" >&2
    exit 1
fi

# random BYTES: that many, in hexadecimal, which needs no escaping anywhere
random() { od -An -v -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }

# All or nothing. Only its owner may enter the folder; containers, whose users are others, are given the single files.
new=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$new"' EXIT
redis=$(random 24) mongo=$(random 24)
umask 0333
random 32 >"$new/key"
random 12 >"$new/admin_password"
echo "redis://:$redis@redis:6379/0" >"$new/redis_url"
echo "requirepass $redis" >"$new/redis.conf"
echo "mongodb://calipso:$mongo@mongo:27017/calipso" >"$new/store_url"
echo "$mongo" >"$new/mongo_password"
random 24 >"$new/mongo_root_password"
mv "$new" "$folder"
trap - EXIT
echo "The password of the user admin is in $folder/admin_password. Keep a copy of $folder/key elsewhere."
