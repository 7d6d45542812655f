import { delimiter, resolve } from 'node:path'
import type { Database } from './database.ts'
import { HOST, type Ports } from './ports.ts'
import { type Secrets, secretsEnvFile } from './secrets.ts'

interface Given {
  environment: NodeJS.ProcessEnv
  database: Database
  ports: Ports
  dataDir: string
  secrets: Pick<Secrets, 'push_token' | 'identity_key'>
}

/** What the functions see of where they run: nothing else tells them, here or in the cloud. */
export function childEnvironment({ environment, database, ports, dataDir, secrets }: Given): NodeJS.ProcessEnv {
  const { CRASH_AT, CLOCK_FILE, ...rest } = environment
  return {
    ...rest,
    MONGODB_URI: database.uri,
    MONGODB_DATABASE: environment.MONGODB_DATABASE ?? 'mathematricks_trading',
    GOOGLE_CLOUD_PROJECT: environment.GOOGLE_CLOUD_PROJECT ?? 'mathematricks-local',
    PUBSUB_EMULATOR_HOST: `${HOST}:${ports.pubsub}`,
    CLOUD_SCHEDULER_EMULATOR_HOST: `${HOST}:${ports.scheduler}`,
    METADATA_SERVER_DETECTION: 'none',
    // glibc otherwise gives each thread an arena of its own, which keeps tens of megabytes in every process.
    MALLOC_ARENA_MAX: '2',
    PUSH_TOKEN: secrets.push_token,
    PUBLIC_URL: environment.PUBLIC_URL ?? `http://${HOST}:${ports.gateway}`,
    ENVIRONMENT: environment.ENVIRONMENT ?? 'staging',
    // A file that was named wins; then what people keep beside the sources, then what was made for this data directory.
    SECRETS_FILES: [environment.SECRETS_FILES, resolve('.env.local'), secretsEnvFile(dataDir)].filter(Boolean).join(delimiter),
    FUND_ID: environment.FUND_ID ?? 'mathematricks_fund',
    MARKET_URL: `http://${HOST}:${ports.market}`,
    ...(environment.FAULTY_BROKER === undefined ? {} : { PAPER_BROKER_URL: `http://${HOST}:${ports.paperBroker}` }),
    // Unsigned tokens, a clock that can be moved, and dying on purpose, have no place near real money; functions refuse them there.
    ...(environment.ALLOW_LIVE === 'true'
      ? {}
      : {
          CLOCK_FILE: `${dataDir}/clock.json`,
          FIREBASE_AUTH_EMULATOR_HOST: `${HOST}:${ports.identity}`,
          IDENTITY_KEY: secrets.identity_key,
        }),
  }
}
