#!/usr/bin/env bash
# mongod or mongos with the key that the members of the cluster know each other by. As root, because the key file must
# belong to the server's user and be readable by nobody else.
set -euo pipefail

install -m 0400 -o mongodb -g mongodb /run/secrets/mongodb-keyfile /tmp/keyfile
if [ "${1:-}" = --mongos ]; then
  shift
  exec gosu mongodb mongos --keyFile /tmp/keyfile --port 27017 --bind_ip_all "$@"
fi
chown mongodb:mongodb /data/db
exec gosu mongodb mongod --keyFile /tmp/keyfile --port 27017 --bind_ip_all --dbpath /data/db "$@"
