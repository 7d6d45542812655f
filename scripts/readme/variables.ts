import { readdirSync, readFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)

/** What each variable means to whoever runs the system. Those that only we set on one machine are told, too. */
const meanings: Record<string, string> = {
  MONGODB_URI: 'the database; without it a `mongod` on PATH is started, else the embedded server',
  MONGODB_DATABASE: 'its name',
  ENVIRONMENT: '`staging` or `production`: signals of the other are refused',
  FUND_ID: 'whose hierarchy, settings and ledgers are read',
  FUND_TIME_ZONE: 'where the fund’s days, months and years begin',
  ALLOW_LIVE: 'without `true`, an order for a live account is refused',
  PUBLIC_URL: 'with what `status_url` begins; the gateway’s address',
  CEREBRO_VERSION: 'under which version decisions are stored',
  CEREBRO_SHADOW:
    'a version to deploy beside it in shadow: same signals, its own subscription, paper accounts and ledger; `npm run migrate` opens them',
  GOOGLE_CLOUD_PROJECT: 'the project whose topics, secrets and jobs are used',
  GOOGLE_CLOUD_REGION: 'where the jobs of Cloud Scheduler are',
  SECRETS_FILES:
    'files of `NAME=value` lines that secrets are read from on one machine, before `.env.local` and `DIR/.env.local`; a change is seen within a second. In the cloud they come from Secret Manager',
  TELEGRAM_CHAT_ID: 'whom signals are told to; nobody without it',
  TELEGRAM_URL: 'where the Bot API is',
  PROXY_HOPS: 'how many addresses at the end of `X-Forwarded-For` our own proxies have written',
  PUSH_TOKEN: 'what private functions ask of their caller on one machine; generated',
  PUSH_AUDIENCE: 'whose Google-signed token they accept in the cloud, besides IAM',
  PUSH_SERVICE_ACCOUNT: 'the same: the service account that it must be of',
  OIDC_CERTIFICATES_URL: 'another place for Google’s certificates, in tests; refused near the cloud or live money',
  MARKET_URL: 'the simulated market, the paper broker’s venue; set by `npm start`',
  IDENTITY_KEY: 'what proves the unsigned tokens of the local identity server; set by `npm start`',
  CLOUD_SCHEDULER_EMULATOR_HOST: 'the local scheduler, which speaks Cloud Scheduler’s API; set by `npm start`, refused in the cloud',
  K_SERVICE: 'set by Google where a function runs in the cloud',
  CRASH_AT: 'for fault tests: where processes kill themselves, names with commas between them; refused near the cloud or live money',
  CLOCK_FILE: 'for fault tests: a file that moves the clock; refused near the cloud or live money',
}

/** `NAME: z.…` in a schema of the environment. */
const declared = /^\s+([A-Z][A-Z0-9_]+):\s*((?:z|versionName)\b[^\n]*(?:\n\s+\.[^\n]*)*)/gm

const defaultIn = (schema: string): string => /\.default\(['"]?([^'")]*)['"]?\)/.exec(schema)?.[1] ?? ''

function declaredIn(path: string): [string, string][] {
  const text = readFileSync(new URL(path, root), 'utf8').replaceAll(/extend\(\{ (?=[A-Z])/g, 'extend({\n  ')
  return [...text.matchAll(declared)].map(([, name = '', schema = '']) => [name, defaultIn(schema)])
}

/** Every variable that a function reads: name, meaning, default. @throws Error where one has no meaning, or a meaning no variable */
export function variableRows(): string[][] {
  const steps = readdirSync(new URL('functions/', root), { withFileTypes: true }).filter(entry => entry.isDirectory())
  const files = steps.flatMap(({ name }) =>
    readdirSync(new URL(`functions/${name}/`, root)).includes('config.ts') ? [`functions/${name}/config.ts`] : [],
  )
  const found = new Map(['shared/runtime/configuration.ts', ...files].flatMap(declaredIn))
  const untold = [...found.keys()].filter(name => !Object.hasOwn(meanings, name))
  const gone = Object.keys(meanings).filter(name => !found.has(name))
  if (untold.length + gone.length > 0)
    throw new Error(`scripts/readme/variables.ts: add ${untold.join(', ') || 'none'}, drop ${gone.join(', ') || 'none'}`)
  return Object.entries(meanings).map(([name, means]) => [`\`${name}\``, means, found.get(name) ? `\`${found.get(name)}\`` : '–'])
}
