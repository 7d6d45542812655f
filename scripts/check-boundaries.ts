import { existsSync, globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cruise, type IForbiddenRuleType, type IModule } from 'dependency-cruiser'

/** Which other rooms of `shared/` a room may import from: always towards the domain. */
const rooms: Record<string, string[]> = {
  domain: [],
  messages: ['domain'],
  store: ['messages', 'domain'],
  cloud: ['messages', 'domain'],
  brokers: ['messages', 'domain'],
  'brokers/paper': ['store', 'messages', 'domain'],
  channels: ['messages', 'domain'],
  solver: ['domain'],
  runtime: ['store', 'cloud', 'messages', 'domain'],
}

/** The only packages that the two innermost rooms may use; not even Node's own modules besides. */
const packages = { domain: ['decimal\\.js', 'jstat'], messages: ['zod'] }

const ours = '^(functions|shared|scripts|tests|frontend)/'

const roomRules = Object.entries(rooms).map(([room, allowed]): IForbiddenRuleType => {
  const nested = Object.keys(rooms).filter(other => other.startsWith(`${room}/`))
  const own = room.split('/')[0]
  return {
    name: `shared/${room} imports only ${[own, ...allowed].join(', ')}`,
    severity: 'error',
    from: { path: `^shared/${room}/`, ...(nested.length > 0 && { pathNot: `^shared/(${nested.join('|')})/` }) },
    to: { path: ours, pathNot: `^shared/(${[own, ...allowed].join('|')})/` },
  }
})

const packageRules = Object.entries(packages).map(
  ([room, names]): IForbiddenRuleType => ({
    name: `shared/${room} uses no package but ${names.join(', ').replaceAll('\\', '')}`,
    severity: 'error',
    from: { path: `^shared/${room}/` },
    to: { pathNot: [ours, ...names.map(name => `(^|node_modules/)${name}(/|$)`)] },
  }),
)

const sharedWithGateway = [
  'ingest-signal/(door|handler|adopt)\\.ts$',
  'execute-order/(handler|execution)\\.ts$',
  'supervise-orders/(handler|learn-all|memory|supervision)\\.ts$',
  'sync-accounts/(account-events|guarded-sync|handler|instrument-returns|sync)\\.ts$',
]

const forbidden: IForbiddenRuleType[] = [
  ...roomRules,
  ...packageRules,
  {
    // A signal has one door, whichever way it comes: the socket and the change stream take it in by the same functions.
    // Account events are booked by whoever finds that a broker holds something else, too; closing orders are fitted before an exit and after.
    name: 'a step does not import another step, but for the signal door, the booking of account events and the size of closing orders',
    severity: 'error',
    from: { path: '^functions/([^/]+)/', pathNot: '^functions/ibkr-gateway/' },
    to: {
      path: '^functions/',
      pathNot:
        '^functions/($1/|ingest-signal/(door|handler|adopt)\\.ts$|sync-accounts/account-events\\.ts$|execute-order/fit-closing\\.ts$)',
    },
  },
  {
    // So have orders and what brokers tell of them: what is always on carries out and books by the functions of the steps that do so elsewhere.
    name: 'the gateway imports only what steps share with it',
    severity: 'error',
    from: { path: '^functions/ibkr-gateway/' },
    to: { path: '^functions/', pathNot: `^functions/(ibkr-gateway/|${sharedWithGateway.join('|')})` },
  },
  {
    name: 'a step does not import scripts, tests or screens',
    severity: 'error',
    from: { path: '^functions/' },
    to: { path: '^(scripts|tests|frontend)/' },
  },
  {
    name: 'scripts see a step from outside, by its index.ts',
    severity: 'error',
    from: { path: '^scripts/', pathNot: '^scripts/local/' },
    to: { path: '^functions/', pathNot: '^functions/[^/]+/index\\.ts$' },
  },
  { name: 'scripts do not import tests', severity: 'error', from: { path: '^scripts/' }, to: { path: '^tests/' } },
  { name: 'no import goes in a circle', severity: 'error', from: {}, to: { circular: true } },
  // An import that leads nowhere matches no rule above: without this one it would pass.
  { name: 'every import leads somewhere', severity: 'error', from: { path: '^(functions|shared)/' }, to: { couldNotResolve: true } },
]

/** Every import under `root` that breaks rule 1 of the house, one sentence each; empty when all point inward. */
export async function boundaryFaults(root: string): Promise<string[]> {
  const folders = ['functions', 'shared', 'scripts', 'tests'].filter(folder => existsSync(`${root}/${folder}`))
  const { output } = await cruise(folders, {
    baseDir: root,
    ruleSet: { forbidden },
    validate: true,
    tsPreCompilationDeps: true, // imports of types alone count too
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  })
  if (typeof output === 'string') throw new Error('dependency-cruiser answered text where a result was asked for')
  const wrong = output.summary.violations.map(({ rule, from, to }) => `${from} → ${to}: ${rule.name}`)
  return [...blindSpots(root, output.modules), ...wrong]
}

/** A check that looks at nothing passes everything, so what it did not look at is a fault. */
export function blindSpots(root: string, modules: Pick<IModule, 'source'>[]): string[] {
  const seen = new Set(modules.map(({ source }) => source))
  const files = globSync('{functions,shared}/**/*.ts', { cwd: root })
  if (files.length === 0) return ['nothing was inspected: there is no .ts file under functions or shared']
  const roomless = files.filter(file => file.startsWith('shared/') && !Object.hasOwn(rooms, file.split('/')[1] ?? ''))
  return [
    ...files.filter(file => !seen.has(file)).map(file => `${file} was not inspected`),
    ...roomless.map(file => `${file} is in no room that check-boundaries.ts knows`),
  ]
}

if (import.meta.main) {
  const faults = await boundaryFaults(fileURLToPath(new URL('..', import.meta.url)))
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}
