import { z } from 'zod';

/**
 * Every setting of the system: one name, one meaning, one default. `.env.example` and the table in the README
 * are made from this file (`make settings`).
 */

const port = z.coerce.number().int().min(1).max(65_535);
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const text = z.string().min(1);
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });
const bootstrapServers = z
  .string()
  .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'must be host:port, or several separated by commas');

type Definition = {
  env: string;
  group: string;
  schema: z.ZodType;
  help: string;
  /** Shown in the tables; where it is computed from other settings, words that say how. */
  shownDefault?: string;
  /** May also come from the file named by `<env>_FILE`; never logged. */
  secret?: boolean;
};

const define = <T extends Record<string, Definition>>(definitions: T): T => definitions;

export const definitions = define({
  engines: {
    env: 'ENGINES',
    group: 'Platform',
    schema: z.enum(['embedded', 'compose', 'external']).default('embedded'),
    help: 'where Kafka, MongoDB and ClickHouse come from',
  },
  dataDir: {
    env: 'DATA_DIR',
    group: 'Platform',
    schema: text.default('.pipeline'),
    help: 'folder of all state: data, logs, downloads',
  },
  bindAddress: {
    env: 'BIND_ADDRESS',
    group: 'Platform',
    schema: text.default('127.0.0.1'),
    help: 'address that every part listens on',
  },
  supervisorPort: {
    env: 'SUPERVISOR_PORT',
    group: 'Platform',
    schema: port.default(8082),
    help: 'supervisor: state and metrics of every process',
  },
  rate: {
    env: 'RATE',
    group: 'Platform',
    schema: count(1, 1_000_000).default(1200),
    help: 'events per second of `make start-pipeline`',
  },
  duration: {
    env: 'DURATION',
    group: 'Platform',
    schema: count(1, 31_536_000).optional(),
    shownDefault: 'until `make down`',
    help: 'seconds that `make start-pipeline` runs',
  },
  composeSize: {
    env: 'COMPOSE_SIZE',
    group: 'Platform',
    schema: z.enum(['small', 'full']).default('small'),
    help: 'size of the clusters of ENGINES=compose: small fits 8 GB of memory, full 32 GB',
  },
  composeFiles: {
    env: 'COMPOSE_FILES',
    group: 'Platform',
    schema: text.optional(),
    shownDefault: 'none',
    help: 'more files of infra/compose, separated by commas, such as second-shard.yml',
  },
  composeProject: {
    env: 'COMPOSE_PROJECT_NAME',
    group: 'Platform',
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]*$/, 'must be lower-case letters, digits, dashes and underscores')
      .default('event-pipeline'),
    help: 'name that containers and volumes of ENGINES=compose begin with',
  },
  prometheusPort: {
    env: 'PROMETHEUS_PORT',
    group: 'Platform',
    schema: port.default(9090),
    help: 'Prometheus of `make prometheus` and ENGINES=compose',
  },
  grafanaPort: {
    env: 'GRAFANA_PORT',
    group: 'Platform',
    schema: port.default(3000),
    help: 'Grafana of ENGINES=compose',
  },
  logLevel: {
    env: 'LOG_LEVEL',
    group: 'Platform',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
    help: 'least level that is logged',
  },
  logFormat: {
    env: 'LOG_FORMAT',
    group: 'Platform',
    schema: z.enum(['json', 'pretty']).optional(),
    shownDefault: 'pretty on a terminal, else json',
    help: 'form of log lines',
  },
  otlpEndpoint: {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    group: 'Platform',
    schema: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
    shownDefault: 'none: nothing is traced',
    help: 'OTLP collector (HTTP, JSON) that functions and connector send spans to',
  },
  traceSampleRatio: {
    env: 'OTEL_TRACES_SAMPLER_ARG',
    group: 'Platform',
    schema: z.coerce.number().min(0).max(1).default(1),
    help: 'share of the traces beginning here that is recorded, 0 to 1',
  },

  kafkaBrokers: {
    env: 'KAFKA_BROKERS',
    group: 'Kafka',
    schema: z.enum(['1', '3']).default('1').transform(Number),
    help: 'embedded brokers: 1 or 3',
  },
  kafkaPort: {
    env: 'KAFKA_PORT',
    group: 'Kafka',
    schema: port.default(9092),
    help: 'port of the first embedded broker; the others take the next ones',
  },
  kafkaControllerPort: {
    env: 'KAFKA_CONTROLLER_PORT',
    group: 'Kafka',
    schema: port.default(19_092),
    help: 'controller port of the first embedded broker; the others take the next ones',
  },
  kafkaBootstrapServers: {
    env: 'KAFKA_BOOTSTRAP_SERVERS',
    group: 'Kafka',
    schema: bootstrapServers.optional(),
    shownDefault: 'the embedded brokers',
    help: 'brokers to connect to',
  },
  kafkaTls: {
    env: 'KAFKA_TLS',
    group: 'Kafka',
    schema: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true'),
    help: 'whether the brokers are spoken to over TLS',
  },
  kafkaTlsCaFile: {
    env: 'KAFKA_TLS_CA_FILE',
    group: 'Kafka',
    schema: text.optional(),
    shownDefault: 'the system’s authorities',
    help: 'PEM file of the authorities that sign the brokers’ certificates',
  },
  kafkaSaslMechanism: {
    env: 'KAFKA_SASL_MECHANISM',
    group: 'Kafka',
    schema: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).optional(),
    shownDefault: 'none',
    help: 'how to authenticate to the brokers',
  },
  kafkaUsername: {
    env: 'KAFKA_USERNAME',
    group: 'Kafka',
    schema: text.optional(),
    shownDefault: 'none',
    help: 'user name for that',
  },
  kafkaPassword: {
    env: 'KAFKA_PASSWORD',
    group: 'Kafka',
    schema: text.optional(),
    shownDefault: 'none',
    help: 'password for that',
    secret: true,
  },
  eventsPartitions: {
    env: 'EVENTS_PARTITIONS',
    group: 'Kafka',
    schema: count(1, 1000).optional(),
    shownDefault: '2; 6 on engines that are not embedded',
    help: 'partitions of events_raw and events_clean: as many calls of a function at once; fewer make larger batches',
  },
  rawTopic: {
    env: 'EVENTS_RAW_TOPIC',
    group: 'Kafka',
    schema: text.default('events_raw'),
    help: 'topic of events as they were sent',
  },
  cleanTopic: {
    env: 'EVENTS_CLEAN_TOPIC',
    group: 'Kafka',
    schema: text.default('events_clean'),
    help: 'topic of validated and enriched events',
  },
  dlqTopic: {
    env: 'EVENTS_DLQ_TOPIC',
    group: 'Kafka',
    schema: text.default('events_dlq'),
    help: 'topic of dead letters',
  },
  retentionBytes: {
    env: 'KAFKA_RETENTION_BYTES',
    group: 'Kafka',
    schema: count(1_048_576, Number.MAX_SAFE_INTEGER).default(3_221_225_472),
    help: 'bytes that an events topic keeps per partition on embedded brokers, besides the 7 days',
  },

  mongodbUri: {
    env: 'MONGODB_URI',
    group: 'MongoDB',
    schema: z
      .string()
      .regex(/^mongodb(\+srv)?:\/\//, 'must begin with mongodb:// or mongodb+srv://')
      .optional(),
    shownDefault: 'the embedded server',
    help: 'MongoDB to connect to',
    secret: true,
  },
  mongodbPort: {
    env: 'MONGODB_PORT',
    group: 'MongoDB',
    schema: port.default(27_017),
    help: 'port of the embedded MongoDB server',
  },
  mongodBinary: {
    env: 'MONGOD_BINARY',
    group: 'MongoDB',
    schema: text.optional(),
    shownDefault: '`mongod` on PATH, else that of `make mongod`, else the stand-in',
    help: 'mongod to run',
  },
  mongodbDatabase: {
    env: 'MONGODB_DATABASE',
    group: 'MongoDB',
    schema: text.default('events'),
    help: 'database of raw events',
  },
  mongodbCollection: {
    env: 'MONGODB_COLLECTION',
    group: 'MongoDB',
    schema: text.default('raw_events'),
    help: 'collection of raw events',
  },

  clickhouseUrl: {
    env: 'CLICKHOUSE_URL',
    group: 'ClickHouse',
    schema: z
      .string()
      .refine(
        (v) => v.split(',').every((u) => /^https?:\/\//.test(u.trim())),
        'must be http:// or https:// addresses, separated by commas',
      )
      .optional(),
    shownDefault: 'the embedded server',
    help: 'ClickHouse to connect to; several addresses are shards in route order, `|` separates replicas of one',
  },
  clickhousePort: {
    env: 'CLICKHOUSE_PORT',
    group: 'ClickHouse',
    schema: port.default(8123),
    help: 'HTTP port of the embedded ClickHouse server',
  },
  clickhouseUser: {
    env: 'CLICKHOUSE_USER',
    group: 'ClickHouse',
    schema: text.default('default'),
    help: 'user',
  },
  clickhousePassword: {
    env: 'CLICKHOUSE_PASSWORD',
    group: 'ClickHouse',
    schema: z.string().default(''),
    shownDefault: 'none (loopback)',
    help: 'password of that user',
    secret: true,
  },
  clickhouseDatabase: {
    env: 'CLICKHOUSE_DATABASE',
    group: 'ClickHouse',
    schema: z
      .string()
      .regex(/^[A-Za-z_]\w*$/, 'must be a plain identifier')
      .default('analytics'),
    help: 'database of analytics tables',
  },
  clickhouseInsertQuorum: {
    env: 'CLICKHOUSE_INSERT_QUORUM',
    group: 'ClickHouse',
    schema: z
      .string()
      .regex(/^(auto|\d)$/, 'must be a number of replicas, or auto')
      .default('0'),
    help: 'replicas that must have an insert before it counts as written: 0 for the one asked, auto for the majority',
  },
  clickhouseMaxMemoryBytes: {
    env: 'CLICKHOUSE_MAX_MEMORY_BYTES',
    group: 'ClickHouse',
    schema: count(268_435_456, Number.MAX_SAFE_INTEGER).default(1_610_612_736),
    help: 'bytes that the embedded ClickHouse may use for queries and merges; above, a query fails',
  },
  clickhouseMaxQueries: {
    env: 'CLICKHOUSE_MAX_QUERIES',
    group: 'ClickHouse',
    schema: count(1, 200).default(24),
    help: 'queries and inserts that the embedded ClickHouse runs at the same time; more are refused',
  },
  clickhouseMaxInsertBytes: {
    env: 'CLICKHOUSE_MAX_INSERT_BYTES',
    group: 'ClickHouse',
    schema: count(1_048_576, 1_073_741_824).default(67_108_864),
    help: 'largest insert with a deduplication token that the embedded ClickHouse takes',
  },
  clickhouseFsync: {
    env: 'CLICKHOUSE_FSYNC',
    group: 'ClickHouse',
    schema: z.stringbool().default(false),
    help: 'embedded ClickHouse: flush to the disk before an insert is acknowledged, for power cuts',
  },
  clickhouseUsersFile: {
    env: 'CLICKHOUSE_USERS_FILE',
    group: 'ClickHouse',
    schema: text.optional(),
    shownDefault: 'none: CLICKHOUSE_USER, and `readonly` with the same password',
    help: 'YAML file of more users of the embedded ClickHouse',
  },

  gatewayPort: {
    env: 'GATEWAY_PORT',
    group: 'Gateway and functions',
    schema: port.default(8080),
    help: 'gateway, console and /metrics',
  },
  gatewayUrl: {
    env: 'GATEWAY_URL',
    group: 'Gateway and functions',
    schema: httpUrl.optional(),
    shownDefault: 'the local gateway',
    help: 'OpenFaaS gateway to use',
  },
  gatewayUser: {
    env: 'GATEWAY_USER',
    group: 'Gateway and functions',
    schema: text.default('admin'),
    help: 'user of the gateway’s /system API',
  },
  gatewayPassword: {
    env: 'GATEWAY_PASSWORD',
    group: 'Gateway and functions',
    schema: text.optional(),
    shownDefault: 'generated at first start',
    help: 'password of that user',
    secret: true,
  },
  functionsDir: {
    env: 'FUNCTIONS_DIR',
    group: 'Gateway and functions',
    schema: text.default('functions'),
    help: 'folder of the functions that the local gateway runs',
  },
  metricsTargets: {
    env: 'METRICS_TARGETS',
    group: 'Gateway and functions',
    schema: z
      .string()
      .regex(
        /^([\w.-]+=https?:\/\/[^\s,]+)(,[\w.-]+=https?:\/\/[^\s,]+)*$/,
        'must be part=URL, separated by commas',
      )
      .optional(),
    shownDefault: 'none; `make up` names every part',
    help: 'other parts whose metrics the gateway’s /metrics carries, as part=URL, separated by commas',
  },
  gatewayUpstreamTimeoutMs: {
    env: 'GATEWAY_UPSTREAM_TIMEOUT_MS',
    group: 'Gateway and functions',
    schema: count(100, 3_600_000).default(120_000),
    help: 'milliseconds after which the gateway gives up a call of a function',
  },
  gatewayMaxBodyBytes: {
    env: 'GATEWAY_MAX_BODY_BYTES',
    group: 'Gateway and functions',
    schema: count(1024, 4_294_967_296).default(134_217_728),
    help: 'largest request body that the gateway passes on',
  },
  asyncTopic: {
    env: 'ASYNC_TOPIC',
    group: 'Gateway and functions',
    schema: text.default('openfaas_async'),
    help: 'topic of calls that the local gateway has queued',
  },
  functionStopTimeoutMs: {
    env: 'FUNCTION_STOP_TIMEOUT_MS',
    group: 'Gateway and functions',
    schema: count(100, 600_000).default(20_000),
    help: 'milliseconds that a stopping replica has for the calls in flight',
  },
  maxReplicas: {
    env: 'MAX_REPLICAS',
    group: 'Gateway and functions',
    schema: count(1, 1000).default(20),
    help: 'most replicas of one function on the local gateway',
  },
  retentionDays: {
    env: 'RETENTION_DAYS',
    group: 'Gateway and functions',
    schema: count(1, 1825).default(1825),
    help: 'days that events are kept; older ones are rejected',
  },
  categoriesFile: {
    env: 'EVENT_CATEGORIES_FILE',
    group: 'Gateway and functions',
    schema: text.optional(),
    shownDefault: 'shared/events/event-categories.yml',
    help: 'event types, their categories and properties',
  },
  ingestKeys: {
    env: 'INGEST_KEYS',
    group: 'Gateway and functions',
    schema: z.string().optional(),
    shownDefault: 'none: anyone who reaches the gateway may write',
    help: 'write keys of ingest, separated by commas',
    secret: true,
  },
  queryKeys: {
    env: 'QUERY_KEYS',
    group: 'Gateway and functions',
    schema: z.string().optional(),
    shownDefault: 'none: anyone who reaches the gateway may ask',
    help: 'keys of query, which can show any user’s events, separated by commas',
    secret: true,
  },
  corsOrigins: {
    env: 'CORS_ORIGINS',
    group: 'Gateway and functions',
    schema: z.string().optional(),
    shownDefault: 'none',
    help: 'origins that browsers may send events from, separated by commas, or *',
  },

  connectorPort: {
    env: 'CONNECTOR_PORT',
    group: 'Connector',
    schema: port.default(8081),
    help: 'health and metrics of the connector',
  },
  connectorInstanceId: {
    env: 'CONNECTOR_INSTANCE_ID',
    group: 'Connector',
    schema: z
      .string()
      .regex(/^[\w.-]{1,100}$/, 'must be up to 100 letters, digits, dots, dashes or underscores')
      .optional(),
    shownDefault: 'none; `connector-1` on the local platform',
    help: 'fixed name of a connector, different for each: after a restart it gets its partitions back at once',
  },
  connectorSessionTimeoutMs: {
    env: 'CONNECTOR_SESSION_TIMEOUT_MS',
    group: 'Connector',
    schema: count(1000, 1_800_000).default(10_000),
    help: 'milliseconds without a heartbeat after which a connector’s partitions go to the others',
  },
  connectorUrls: {
    env: 'CONNECTOR_URLS',
    group: 'Connector',
    schema: text.optional(),
    shownDefault: 'the local connector',
    help: 'addresses of all connectors, separated by commas, for the autoscaler',
  },
  claims: {
    env: 'CLAIMS',
    group: 'Connector',
    schema: z.stringbool().default(true),
    help: 'whether an event whose event_id came before, within 24 hours, is left out',
  },
  claimsPort: {
    env: 'CLAIMS_PORT',
    group: 'Connector',
    schema: port.default(8084),
    help: 'keeper of claims: who has which event_id',
  },
  claimsUrl: {
    env: 'CLAIMS_URL',
    group: 'Connector',
    schema: httpUrl.optional(),
    shownDefault: 'the local keeper; where functions run elsewhere, none: nothing is left out',
    help: 'keeper of claims that transform asks',
  },
  autoscalerPort: {
    env: 'AUTOSCALER_PORT',
    group: 'Connector',
    schema: port.default(8083),
    help: 'health and metrics of the autoscaler',
  },
  rebuildIntervalMs: {
    env: 'REBUILD_INTERVAL_MS',
    group: 'Connector',
    schema: count(100, 600_000).default(3000),
    help: 'milliseconds between readings of the list of functions',
  },
  upstreamTimeoutMs: {
    env: 'UPSTREAM_TIMEOUT_MS',
    group: 'Connector',
    schema: count(100, 3_600_000).default(60_000),
    help: 'milliseconds after which a call of a function has an unknown outcome',
  },
});
