import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { applyCollections } from '../../shared/store/migrate.ts'
import { closeStores, openStore } from '../../shared/store/open.ts'
import { cerebroOver, pureDecision } from '../local/decisions/cerebro.ts'
import { buySignal, type FundPlan, freeMargin, putFund } from '../local/decisions/fund.ts'
import { putSignal } from '../local/decisions/put-signal.ts'
import { busyOptions } from '../local/runner/process-plan.ts'
import { type Row, spreadMs, type Table } from './figures.ts'

const STRATEGIES = [5, 50, 200]
const ACCOUNTS = 40
const DAYS = 2_520
/** Each account has been traded in once. */
const WARM_UP = ACCOUNTS
const DECISIONS = 300
const GOAL_MS = 25

const database = fileURLToPath(new URL('../local/mongodb/main.ts', import.meta.url))

/** Decision time, warm: Cerebro's own handler over the embedded database in a process of its own, from message to stored decision (CER-12). */
export async function measureDecisions(work: string): Promise<Table[]> {
  const rows: Row[] = []
  for (const strategies of STRATEGIES) rows.push(...(await measureFund(join(work, `decide-${strategies}`), strategies)))
  return [
    {
      title: `Decision time, warm: ${DAYS} scenario days, ${ACCOUNTS} accounts`,
      rows,
      notes: [
        'whole: reads, decision, reservation and stored document; decide: the pure part alone, every check and the largest size within CVaR.',
        'Every strategy holds a position, so that the CVaR is that of as many exposures.',
      ],
    },
  ]
}

async function measureFund(dataDir: string, strategies: number): Promise<Row[]> {
  const server = spawn(process.execPath, [...busyOptions, database, '--data', dataDir, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = await once(createInterface({ input: server.stdout }), 'line')
    const store = openStore({
      MONGODB_URI: `mongodb://127.0.0.1:${JSON.parse(String(line)).port}/?directConnection=true`,
      MONGODB_DATABASE: 'decide',
      FUND_ID: 'fund',
    })
    const now = new Date()
    const plan: FundPlan = {
      strategies,
      accounts: Math.min(ACCOUNTS, strategies),
      days: DAYS,
      allocation_pct: 100 / strategies,
      holding: true,
      now,
    }
    await applyCollections(store)
    await putFund(store, { ...plan, accounts: ACCOUNTS })
    const decide = cerebroOver(store, () => new Date())
    const whole: number[] = []
    for (let index = 0; index < WARM_UP + DECISIONS; index += 1) {
      const signal = buySignal(index % strategies, 1 + Math.floor(index / strategies), new Date())
      await putSignal(store, signal)
      const begun = performance.now()
      await decide(signal)
      if (index >= WARM_UP) whole.push(performance.now() - begun)
      await freeMargin(store, { ...plan, accounts: ACCOUNTS })
    }
    const pure = await pureDecision(store, buySignal(0, 999, new Date()))
    const alone = Array.from({ length: WARM_UP + DECISIONS }, () => {
      const begun = performance.now()
      pure()
      return performance.now() - begun
    }).slice(WARM_UP)
    return [
      { strategies, part: 'whole', ...spreadMs(whole), 'goal p99 ms': GOAL_MS },
      { strategies, part: 'decide', ...spreadMs(alone), 'goal p99 ms': GOAL_MS },
    ]
  } finally {
    await closeStores()
    const ended = once(server, 'close')
    server.kill('SIGTERM')
    await ended
  }
}
