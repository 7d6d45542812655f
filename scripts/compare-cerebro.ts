import { closeStores } from '../shared/store/open.ts'
import { readCommandLine } from './command-line.ts'
import { pairsSince } from './compare-cerebro/pairs.ts'
import { compareVersions, disagreements } from './compare-cerebro/versions.ts'
import { openDeployment } from './deployment.ts'

// What a second version in shadow made of the signals of the first: npm run compare-cerebro

const usage = `npm run compare-cerebro -- [options]
  --version V   the version in shadow (CEREBRO_SHADOW, else v2)
  --days N      signals of so many days (30)
  --json        the same as JSON
  --data DIR    where npm start keeps its data (.local); with MONGODB_URI set, that database`

const DAY_MS = 86_400_000

try {
  const { values } = readCommandLine(usage, {
    options: {
      version: { type: 'string', default: process.env.CEREBRO_SHADOW ?? 'v2' },
      days: { type: 'string', default: '30' },
      json: { type: 'boolean', default: false },
      data: { type: 'string', default: '.local' },
    },
  })
  const days = Number(values.days)
  if (!(days > 0)) throw new Error(usage)
  const since = new Date(Date.now() - days * DAY_MS)
  const pairs = await pairsSince(openDeployment(values.data, process.env).store, { version: values.version, since })
  const byStrategy = [...Map.groupBy(pairs, ({ strategy_id }) => strategy_id)].sort(([one], [other]) => one.localeCompare(other))
  const strategies = byStrategy.map(([strategy_id, own]) => ({ strategy_id, ...compareVersions(own) }))
  const report = {
    second: values.version,
    since: since.toISOString(),
    total: compareVersions(pairs),
    strategies,
    disagreements: disagreements(pairs),
  }
  if (values.json) console.log(JSON.stringify(report, null, 2))
  else {
    console.log(
      `${values.version} in shadow against the first version, on ${pairs.length} signals since ${report.since}; money in the fund's currency`,
    )
    console.table(Object.fromEntries([...strategies.map(({ strategy_id, ...row }) => [strategy_id, row]), ['all', report.total]]))
    if (report.disagreements.length > 0) console.table(report.disagreements.slice(0, 50))
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await closeStores()
}
