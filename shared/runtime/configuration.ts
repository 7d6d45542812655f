import { z } from 'zod'
import { followClockFile } from './clock.ts'
import { armCrashPoints, crashPoints } from './crash-points.ts'

/** What every function reads from its environment. A function's own `config.ts` extends it. */
export const baseEnvironment = z.object({
  MONGODB_URI: z.string().min(1),
  MONGODB_DATABASE: z.string().default('mathematricks_trading'),
  GOOGLE_CLOUD_PROJECT: z.string().min(1).default('mathematricks-local'),
  /** The deployment: signals of another environment are refused. */
  ENVIRONMENT: z.enum(['staging', 'production']).default('staging'),
  FUND_ID: z.string().default('mathematricks_fund'),
  /** Where people reach the API; `status_url` and `Location` start with it. */
  PUBLIC_URL: z.string().default('http://127.0.0.1:8080'),
  ALLOW_LIVE: z
    .enum(['true', 'false'])
    .default('false')
    .transform(text => text === 'true'),
  /** On one machine, the simulated market's address: the paper broker's venue. */
  MARKET_URL: z.string().optional(),
  /** Locally, what private functions ask of their caller. */
  PUSH_TOKEN: z.string().optional(),
  /** In the cloud, whom they accept: a token that Google signed for this audience and this service account. */
  PUSH_AUDIENCE: z.string().optional(),
  PUSH_SERVICE_ACCOUNT: z.string().optional(),
  /** Another place for Google's certificates, in tests. */
  OIDC_CERTIFICATES_URL: z.string().optional(),
  /** Locally, what proves the ID tokens of the identity server; in the cloud Google's signature does. */
  IDENTITY_KEY: z.string().optional(),
  /** Names with commas between them, so that several processes can each die at a place of their own. */
  CRASH_AT: z
    .string()
    .transform(names => names.split(','))
    .pipe(z.array(z.enum(crashPoints)))
    .optional(),
  CLOCK_FILE: z.string().optional(),
  /** On one machine, the files that secrets are read from, as on PATH; in the cloud they come from Secret Manager. */
  SECRETS_FILES: z.string().optional(),
  /** How many addresses at the end of `X-Forwarded-For` our own proxies have written; what stands before them nobody vouches for. */
  PROXY_HOPS: z.coerce.number().int().min(1).max(5).default(1),
  K_SERVICE: z.string().optional(),
})
export type BaseConfig = z.output<typeof baseEnvironment>

const testOnly = ['CRASH_AT', 'CLOCK_FILE', 'FIREBASE_AUTH_EMULATOR_HOST', 'OIDC_CERTIFICATES_URL'] as const

/** Reads the environment, or stops the process with all that is wrong in it. */
export function readEnvironment<S extends z.ZodType<BaseConfig>>(schema: S, environment: NodeJS.ProcessEnv): z.output<S> {
  const parsed = schema.safeParse(environment)
  if (!parsed.success) throw new Error(`CONFIGURATION: ${z.prettifyError(parsed.error)}`)
  refuseTestToolsNearMoney(parsed.data, environment)
  armCrashPoints(parsed.data.CRASH_AT ?? [])
  if (parsed.data.CLOCK_FILE) followClockFile(parsed.data.CLOCK_FILE)
  return parsed.data
}

function refuseTestToolsNearMoney({ K_SERVICE, ALLOW_LIVE }: BaseConfig, environment: NodeJS.ProcessEnv): void {
  if (K_SERVICE === undefined && !ALLOW_LIVE) return
  const emulators = Object.keys(environment).filter(name => name.endsWith('_EMULATOR_HOST'))
  const refused = [...testOnly.filter(name => environment[name]), ...(K_SERVICE === undefined ? [] : emulators)]
  if (refused.length > 0)
    throw new Error(`CONFIGURATION: ${[...new Set(refused)].join(', ')} must not be set where K_SERVICE or ALLOW_LIVE=true is`)
}
