#!/usr/bin/env bash
# One broker and controller of three: writes its configuration, formats its storage at the first start, and runs.
# NODE_ID, CLUSTER_ID and EXTERNAL_PORT (where it is published on the host's loopback) come from the environment; a
# fourth and further one has ROLES=broker. HOSTS, PORTS and DATA are other than in the containers only in tests.
set -euo pipefail

kafka=${KAFKA_HOME:-/opt/kafka}
common=${COMMON_PROPERTIES:-/pipeline-common/server.properties}
data=${DATA:-/var/lib/kafka/data}
hosts=(${HOSTS:-kafka-1 kafka-2 kafka-3})
internal=(${INTERNAL_PORTS:-19092 19092 19092})
controllers=(${CONTROLLER_PORTS:-29093 29093 29093})
listen=${LISTEN:-0.0.0.0}
external_listen=${EXTERNAL_LISTEN_PORT:-9092}
roles=${ROLES:-broker,controller}
index=$((NODE_ID - 1))
host=${hosts[index]:-kafka-$NODE_ID}
internal_port=${internal[index]:-19092}
listeners=INTERNAL://$listen:$internal_port,EXTERNAL://$listen:$external_listen
if [[ $roles == *controller* ]]; then listeners+=,CONTROLLER://$listen:${controllers[index]}; fi

voters=
for i in 0 1 2; do voters+="${voters:+,}$((i + 1))@${hosts[i]}:${controllers[i]}"; done

properties=$(mktemp)
cat "$common" - > "$properties" <<END

# This broker
process.roles=$roles
node.id=$NODE_ID
controller.quorum.voters=$voters
listeners=$listeners
advertised.listeners=INTERNAL://$host:$internal_port,EXTERNAL://127.0.0.1:$EXTERNAL_PORT
listener.security.protocol.map=INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
controller.listener.names=CONTROLLER
log.dirs=$data
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
END

"$kafka/bin/kafka-storage.sh" format --ignore-formatted --cluster-id "$CLUSTER_ID" --config "$properties"
exec "$kafka/bin/kafka-server-start.sh" "$properties"
