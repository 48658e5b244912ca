# `make` alone prints what there is to make. Settings (README, .env.example) are taken from the environment, from
# `make up NAME=value`, and from a file .env here.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The Node of package.json, wherever the machine's own is.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
NODE := node --disable-warning=ExperimentalWarning
RUN := $(NODE) infra/platform/commands
PREFLIGHT := @bash infra/platform/preflight.sh

# Word for word: make would take `$gte` in a question for a variable of its own.
ifdef Q
override Q := $(value Q)
export Q
endif
ifdef ARGS
override ARGS := $(value ARGS)
endif

.PHONY: help demo up down status logs init-db start-pipeline sql mongo mongod deploy redrive test chaos chaos-cluster scaling load guard check verify benchmark profile peers soak fault-run sizing read-again delete-user backup restore seed-rows benchmark-queries settings prometheus clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## start all, send 200,000 events, and prove that each arrived once
	$(PREFLIGHT) run
	@$(RUN)/demo.ts

up: ## start all services and deploy the functions
	$(PREFLIGHT) run
	@$(RUN)/up.ts

down: ## stop all services; data stays
	$(PREFLIGHT) none
	@$(RUN)/down.ts

status: ## address, state, memory and processor of each part
	$(PREFLIGHT) none
	@$(RUN)/status.ts

logs: ## follow all logs (PART=connector: one; FOLLOW=0: what is there)
	$(PREFLIGHT) none
	@$(RUN)/logs.ts

init-db: ## create topics and the schemas of both stores
	$(PREFLIGHT) run
	@$(RUN)/init-db.ts

start-pipeline: ## write events in the background (RATE=1200 a second, DURATION=seconds)
	$(PREFLIGHT) run
	@$(RUN)/start-pipeline.ts

sql: ## ask ClickHouse: make sql Q='SELECT count() FROM events_distributed'
	$(PREFLIGHT) none
	@$(RUN)/sql.ts

mongo: ## ask MongoDB: make mongo Q='db.raw_events.find({user_id: 12345}).limit(3)'
	$(PREFLIGHT) mongo
	@$(RUN)/mongo.ts

mongod: ## fetch MongoDB's own server, which `make up` then runs instead of the stand-in
	$(PREFLIGHT) mongod
	@$(RUN)/mongod.ts

deploy: ## deploy the functions of stack.yml again, after a change
	$(PREFLIGHT) run
	@$(RUN)/deploy.ts

redrive: ## dead letters: how many; ARGS='redrive --function transform --dry-run', ARGS=--help
	$(PREFLIGHT) none
	@$(RUN)/redrive.ts $(ARGS)

test: ## every check and test that CI runs
	$(PREFLIGHT) test
	@$(NODE) tests/run.ts

chaos: ## hit every role with seeded faults under load, then count (CHAOS_SEED, CHAOS_FAULTS, CHAOS_EVENTS)
	$(PREFLIGHT) run
	@$(NODE) tests/integrity/chaos/main.ts

chaos-cluster: ## three brokers, three shards, more partitions, a sharded MongoDB: struck under load, into .pipeline/reports (CHAOS_PARTS, CHAOS_RATE=10000)
	$(PREFLIGHT) run
	@$(NODE) tests/integrity/cluster/main.ts

scaling: ## steps of load against a slow function: how the autoscaler follows (10 minutes; SCALING_STEPS)
	$(PREFLIGHT) run
	@$(NODE) load/scaling/main.ts

load: ## artillery on ingest (load/ingest.yml), then accepted = stored; LOAD_RUN names the run
	$(PREFLIGHT) none
	@$(NODE) load/main.ts

guard: ## what computing costs an event, against a stored ratio (GUARD_WRITE=1: store it)
	$(PREFLIGHT) test
	@$(NODE) tests/guard/main.ts

check: ## types and style only
	$(PREFLIGHT) test
	@npm run --silent check

verify: ## compare Kafka, both stores and every rollup now (REPAIR=1: and mend what differs; FULL=1: however large)
	$(PREFLIGHT) none
	@$(RUN)/verify.ts

benchmark: ## top rate and latency, in two minutes (MODE=full: all of docs/benchmarks; BENCHMARK_SECONDS, _HOLD, _RUNS, _OUT)
	$(PREFLIGHT) run
	@$(RUN)/benchmark.ts

profile: ## flame graphs of every process at top rate, into docs/benchmarks (PROFILE_SECONDS)
	$(PREFLIGHT) run
	@$(RUN)/profile.ts

peers: ## plain consumers in Node and Python over the same events, into docs/benchmarks (PEERS_EVENTS, PEERS_RUNS)
	$(PREFLIGHT) run
	@$(RUN)/peers.ts

soak: ## HOURS=1 of steady load, then kills, into docs/benchmarks (SOAK_RATE, SOAK_VISITS, SOAK_KILLS minutes)
	$(PREFLIGHT) run
	@$(RUN)/soak.ts

fault-run: ## ten minutes with a part stopped in the middle: which alerts fire (FAULT_PART, FAULT_SECONDS, FAULT_RATE)
	$(PREFLIGHT) run
	@$(RUN)/fault-run.ts

read-again: ## fill a store that lost everything from what Kafka still has (SINK=clickhouse-write or mongo-write)
	$(PREFLIGHT) run
	@$(RUN)/read-again.ts

sizing: ## what other loads need, from the last benchmark
	$(PREFLIGHT) none
	@$(RUN)/sizing.ts

delete-user: ## delete all that is kept of one user, and prove it: make delete-user USER_ID=12345
	$(PREFLIGHT) none
	@$(RUN)/delete-user.ts

backup: ## copy both stores while the pipeline runs: make backup BACKUP_DIR=/safe/monday
	$(PREFLIGHT) none
	@$(RUN)/backup.ts

restore: ## fill empty stores from a backup, and check them (BACKUP_DIR; FRESH=1 empties them first)
	$(PREFLIGHT) none
	@$(RUN)/restore.ts

seed-rows: ## rows to measure questions on, in a database of their own (ROWS=10000000, SHAPE=month or day, FRESH=1)
	$(PREFLIGHT) none
	@$(RUN)/seed-rows.ts

benchmark-queries: ## p50, p95, p99, rows read and memory of every question over them (SHAPE, RUNS=100, WRITE_RATE=1200, QUERIES_REPORT)
	$(PREFLIGHT) none
	@$(RUN)/benchmark-queries.ts

settings: ## write .env.example, README's settings, docs/metrics.md and dashboards from the code
	$(PREFLIGHT) test
	@$(RUN)/settings.ts

prometheus: ## a Prometheus with the rules of infra/prometheus, where it is installed (PROMETHEUS_PORT)
	$(PREFLIGHT) none
	@$(RUN)/prometheus.ts

clean: ## stop and remove all data, after asking (YES=1: yes); downloads stay
	$(PREFLIGHT) none
	@$(RUN)/clean.ts
