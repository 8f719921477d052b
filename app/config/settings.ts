import { DEFAULTS } from './defaults.ts';
import { DASHBOARD_SETTINGS } from './dashboard-settings.ts';
import { DOOR_SETTINGS } from './door-settings.ts';
import { PACKAGE_SETTINGS } from './package-settings.ts';
import { readArtifacts, readPrivateKey, readWebhookSecrets } from './read/read-values.ts';
import {
  amountOrNone,
  anyText,
  bytes,
  duration,
  longText,
  modelUrl,
  oneOf,
  someOf,
  timeZone,
  url,
  wholeNumber,
} from './read/readers.ts';
import { GATE_SETTINGS } from './gate-settings.ts';
import { setting } from './setting.ts';
import { WORKER_SETTINGS } from './worker-settings.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/**
 * Every operator setting, once: parsing, `bosun doctor` and the documentation read this table. To add one, add a record
 * here and its field in `server-config.ts`.
 */
export const SETTINGS = {
  APP_ID: setting('APP_ID', wholeNumber({ min: 1, max: 999_999_999_999 }), {
    group: 'GitHub App',
    description: 'The id of the GitHub App, from its settings page.',
    example: '123456',
  }),
  PRIVATE_KEY: setting('PRIVATE_KEY', readPrivateKey, {
    group: 'GitHub App',
    description: 'The private key of the App as PEM; line breaks may be written as \\n. Or use PRIVATE_KEY_PATH.',
    example: '"-----BEGIN RSA PRIVATE KEY-----\\n…\\n-----END RSA PRIVATE KEY-----"',
    secret: true,
  }),
  PRIVATE_KEY_PATH: setting('PRIVATE_KEY_PATH', anyText('the path of a PEM file'), {
    group: 'GitHub App',
    description: 'A file with the private key of the App, instead of PRIVATE_KEY.',
    example: '/etc/bosun/app.pem',
  }),
  WEBHOOK_SECRET: setting('WEBHOOK_SECRET', readWebhookSecrets, {
    group: 'GitHub App',
    description: 'The secret of the App for webhooks. A comma separates the old and the new one while rotating.',
    example: '$(openssl rand -hex 32)',
    secret: true,
  }),
  GITHUB_API_URL: setting('GITHUB_API_URL', url({ protocols: ['https:', 'http:'] }), {
    group: 'GitHub App',
    description: 'The address of the REST API of GitHub. Change it for GitHub Enterprise Server.',
    fallback: 'https://api.github.com',
    example: 'https://github.example.com/api/v3',
  }),
  GITHUB_SERVER_URL: setting('GITHUB_SERVER_URL', url({ protocols: ['https:', 'http:'] }), {
    group: 'GitHub App',
    description: 'The address of GitHub’s pages and git remotes.',
    fallback: 'https://github.com',
    example: 'https://github.example.com',
  }),
  HOST: setting('HOST', anyText('an address to listen on'), {
    group: 'Server',
    description: 'The address to listen on. Only this machine by default; put a TLS proxy in front of it.',
    fallback: '127.0.0.1',
    example: '127.0.0.1',
  }),
  PORT: setting('PORT', wholeNumber({ min: 0, max: 65_535 }), {
    group: 'Server',
    description: 'The port to listen on; 0 takes a free one.',
    fallback: '3000',
    example: '3000',
  }),
  BOSUN_METRICS_TOKEN: setting('BOSUN_METRICS_TOKEN', longText({ least: 16, what: 'a random text' }), {
    group: 'Server',
    description:
      'Lets other machines read `/metrics` and `/status`, as a bearer token or as the password of basic authentication. Without it they can only be read on the machine itself, and not through a proxy.',
    example: '$(openssl rand -hex 32)',
    secret: true,
  }),
  BOSUN_URL: setting('BOSUN_URL', url({ protocols: ['https:', 'http:'] }), {
    group: 'Server',
    description:
      'The public address of this server. `bosun start` and `bosun doctor` make the webhook URL to enter in the App from it, and people who sign in come back to it. Comments and check runs do not link to this server.',
    example: 'https://bosun.example.com',
  }),
  BOSUN_INTAKE: setting('BOSUN_INTAKE', oneOf(['webhook', 'poll']), {
    group: 'Server',
    description:
      'How events arrive. With `poll` GitHub is asked every few seconds for the deliveries it could not make, so that it need not reach this server.',
    fallback: 'webhook',
    example: 'poll',
  }),
  ...DASHBOARD_SETTINGS,
  BOSUN_ROLES: setting('BOSUN_ROLES', someOf(['web', 'orchestrator', 'door']), {
    group: 'Server',
    description: 'The roles that this process runs.',
    fallback: 'web,orchestrator,door',
    example: 'web,door',
  }),
  LOG_LEVEL: setting('LOG_LEVEL', oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), {
    group: 'Server',
    description: 'The least severe level that is logged.',
    fallback: 'info',
    example: 'debug',
  }),
  BOSUN_DATA_DIR: setting('BOSUN_DATA_DIR', anyText('a directory'), {
    group: 'Storage',
    description: 'The directory of the embedded database, mirrors and artifacts.',
    fallback: '.bosun',
    example: '/var/lib/bosun',
  }),
  DATABASE_URL: setting('DATABASE_URL', url({ protocols: ['postgres:', 'postgresql:'], credentials: 'allowed' }), {
    group: 'Storage',
    description: 'A PostgreSQL 15 or newer to use instead of the embedded one.',
    example: 'postgres://bosun:password@db.example.com/bosun',
    secret: true,
  }),
  SQS_QUEUE_URL: setting('SQS_QUEUE_URL', url({ protocols: ['https:', 'http:'] }), {
    group: 'Storage',
    description: 'An Amazon SQS queue for wake-ups instead of the table in the database, with the usual AWS variables.',
    example: 'https://sqs.eu-central-1.amazonaws.com/123456789012/bosun',
  }),
  AWS_ENDPOINT_URL_SQS: setting('AWS_ENDPOINT_URL_SQS', url({ protocols: ['https:', 'http:'] }), {
    group: 'Storage',
    description: 'Another endpoint for SQS, such as a test server.',
    example: 'http://127.0.0.1:4566',
  }),
  BOSUN_ARTIFACTS: setting('BOSUN_ARTIFACTS', readArtifacts, {
    group: 'Storage',
    description:
      'Where logs, prompts, patches and unpublished work are kept. By default below BOSUN_DATA_DIR. ' +
      'S3 takes credentials and region from the usual AWS variables.',
    example: 's3://my-bucket/bosun',
  }),
  AWS_ENDPOINT_URL_S3: setting('AWS_ENDPOINT_URL_S3', url({ protocols: ['https:', 'http:'] }), {
    group: 'Storage',
    description: 'Another S3-compatible store than Amazon S3. Buckets are then part of the path.',
    example: 'http://127.0.0.1:9000',
  }),
  BOSUN_RETENTION_DAYS: setting('BOSUN_RETENTION_DAYS', wholeNumber({ min: 30, max: 3_650 }), {
    group: 'Storage',
    description: 'Days for which an ended task is kept with its events, costs, logs and patches.',
    fallback: '90',
    example: '365',
  }),
  ANTHROPIC_API_KEY: setting('ANTHROPIC_API_KEY', anyText('the API key of the model provider'), {
    group: 'Model',
    description: 'The key of the model provider. It stays in this process; workers never see it.',
    example: 'sk-ant-…',
    secret: true,
  }),
  ANTHROPIC_BASE_URL: setting('ANTHROPIC_BASE_URL', modelUrl(), {
    group: 'Model',
    description: 'Any endpoint that speaks the Anthropic Messages API, without `/v1` or `/v1/messages` at its end.',
    fallback: 'https://api.anthropic.com',
    example: 'http://127.0.0.1:11434',
  }),
  BOSUN_MODEL_AUTH: setting('BOSUN_MODEL_AUTH', oneOf(['x-api-key', 'bearer']), {
    group: 'Model',
    description: 'The header that sends the key to the provider.',
    fallback: 'x-api-key',
    example: 'bearer',
  }),
  BOSUN_MODEL: setting('BOSUN_MODEL', anyText('a model id with a known price'), {
    group: 'Model',
    description: 'The model of tasks without `--model`. It must be in the price table.',
    fallback: DEFAULTS.model,
    example: 'claude-sonnet-5',
  }),
  BOSUN_PRICES: setting('BOSUN_PRICES', anyText('the path of a JSON file'), {
    group: 'Model',
    description: 'A JSON file with prices in USD per million tokens that add to or replace the built-in table.',
    example: '/etc/bosun/prices.json',
  }),
  BOSUN_CONCURRENCY: setting('BOSUN_CONCURRENCY', wholeNumber({ min: 1, max: 10_000 }), {
    group: 'Limits',
    description: 'Tasks that may run at the same time on this server.',
    fallback: String(DEFAULTS.concurrency.server),
    example: '4',
  }),
  BOSUN_CONCURRENCY_REPOSITORY: setting('BOSUN_CONCURRENCY_REPOSITORY', wholeNumber({ min: 1, max: 10_000 }), {
    group: 'Limits',
    description: 'Tasks that may run at the same time in one repository; its file may lower this.',
    fallback: String(DEFAULTS.concurrency.repository),
    example: '2',
  }),
  BOSUN_CONCURRENCY_USER: setting('BOSUN_CONCURRENCY_USER', wholeNumber({ min: 1, max: 10_000 }), {
    group: 'Limits',
    description: 'Tasks of one person that may run at the same time.',
    fallback: String(DEFAULTS.concurrency.user),
    example: '3',
  }),
  BOSUN_TASKS_PER_USER_PER_HOUR: setting('BOSUN_TASKS_PER_USER_PER_HOUR', wholeNumber({ min: 1, max: 100_000 }), {
    group: 'Limits',
    description: 'Tasks one person may start in an hour.',
    fallback: String(DEFAULTS.tasksPerUserPerHour),
    example: '10',
  }),
  BOSUN_BUDGET_TASK: setting('BOSUN_BUDGET_TASK', amountOrNone(), {
    group: 'Limits',
    description: 'The largest budget of one task. Tasks without `--budget` get the smaller of this and 5 USD.',
    fallback: 'none',
    example: '20',
  }),
  BOSUN_BUDGET_REPOSITORY_DAY: setting('BOSUN_BUDGET_REPOSITORY_DAY', amountOrNone(), {
    group: 'Limits',
    description: 'The most one repository may spend in a day; its file may lower this.',
    fallback: String(DEFAULTS.budgetUsd.repositoryDay),
    example: '50',
  }),
  BOSUN_BUDGET_REPOSITORY_MONTH: setting('BOSUN_BUDGET_REPOSITORY_MONTH', amountOrNone(), {
    group: 'Limits',
    description: 'The most one repository may spend in a month; its file may lower this.',
    fallback: String(DEFAULTS.budgetUsd.repositoryMonth),
    example: '500',
  }),
  BOSUN_BUDGET_SERVER_DAY: setting('BOSUN_BUDGET_SERVER_DAY', amountOrNone(), {
    group: 'Limits',
    description: 'The most this server may spend in a day.',
    fallback: String(DEFAULTS.budgetUsd.serverDay),
    example: '200',
  }),
  BOSUN_TIME_ZONE: setting('BOSUN_TIME_ZONE', timeZone(), {
    group: 'Limits',
    description: 'Days and months of budgets begin at midnight of this time zone.',
    fallback: 'UTC',
    example: 'Europe/Berlin',
  }),
  BOSUN_MAX_TIMEOUT: setting('BOSUN_MAX_TIMEOUT', duration({ min: 60_000, max: DEFAULTS.maxTimeoutMs }), {
    group: 'Limits',
    description: 'The longest time limit of one task.',
    fallback: '8h',
    example: '2h',
  }),
  ...WORKER_SETTINGS,
  ...DOOR_SETTINGS,
  ...PACKAGE_SETTINGS,
  ...GATE_SETTINGS,
  BOSUN_CACHE_SIZE: setting('BOSUN_CACHE_SIZE', bytes({ min: 64 * MIB, max: 1024 * GIB, shown: 'at least `64m`' }), {
    group: 'Storage',
    description:
      'Space for prepared environments: once as archives in the artifacts and once unpacked below BOSUN_DATA_DIR; as much again for downloaded packages, and as much again for copies of repositories. The least recently used ones are removed first.',
    fallback: '20g',
    example: '100g',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting('OTEL_EXPORTER_OTLP_ENDPOINT', url({ protocols: ['https:', 'http:'] }), {
    group: 'Traces',
    description:
      'The OpenTelemetry collector (OTLP over HTTP) that gets a trace of each task; without it, no traces are sent. The usual `OTEL_EXPORTER_OTLP_HEADERS`, `…_COMPRESSION`, `…_TIMEOUT` and `OTEL_RESOURCE_ATTRIBUTES` apply too.',
    example: 'http://127.0.0.1:4318',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: setting(
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    url({ protocols: ['https:', 'http:'] }),
    {
      group: 'Traces',
      description: 'The whole address for traces, where it is not `/v1/traces` below the collector.',
      example: 'http://127.0.0.1:4318/v1/traces',
    },
  ),
  OTEL_SERVICE_NAME: setting('OTEL_SERVICE_NAME', anyText('a name'), {
    group: 'Traces',
    description: 'The service name in traces.',
    fallback: 'bosun',
    example: 'bosun-door',
  }),
  OTEL_SDK_DISABLED: setting('OTEL_SDK_DISABLED', oneOf(['true', 'false']), {
    group: 'Traces',
    description: '`true` disables traces, whatever else is set.',
    fallback: 'false',
    example: 'true',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
