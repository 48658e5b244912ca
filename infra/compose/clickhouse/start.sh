#!/usr/bin/env bash
# A ClickHouse server of the cluster: passwords come from files, the configuration takes them from the environment.
set -euo pipefail

secret() { cat "/run/secrets/$1"; }
CLICKHOUSE_PASSWORD=$(secret clickhouse-password)
CLICKHOUSE_PIPELINE_PASSWORD=$(secret clickhouse-pipeline-password)
CLICKHOUSE_READONLY_PASSWORD=$(secret clickhouse-readonly-password)
CLICKHOUSE_CLUSTER_SECRET=$(secret clickhouse-cluster-secret)
export CLICKHOUSE_PASSWORD CLICKHOUSE_PIPELINE_PASSWORD CLICKHOUSE_READONLY_PASSWORD CLICKHOUSE_CLUSTER_SECRET

configuration=$(mktemp -d)
mkdir "$configuration/config.d"
ln -s /pipeline/server.xml "$configuration/config.xml"
ln -s "/pipeline/$CLUSTER_FILE" "$configuration/config.d/cluster.xml"
exec clickhouse server --config-file="$configuration/config.xml"
