import { baseEnvironment, readEnvironment } from '../shared/runtime/configuration.ts'
import { brokerAccountOf, setBrokerAccount } from '../shared/store/broker-accounts.ts'
import type { Store } from '../shared/store/collection.ts'
import { frozenOf, unfreezeInstrument } from '../shared/store/frozen-instruments.ts'
import { closeStores, openStore } from '../shared/store/open.ts'
import { readCommandLine } from './command-line.ts'
import { readEndpoints } from './local/endpoints.ts'

const usage = `npm run unfreeze -- ACCOUNT [INSTRUMENT] [--adopt] [--data DIR]      without an instrument: what is frozen
  lets entries in an instrument through again after its position was not what the broker said; what is still different freezes it again,
  unless --adopt makes the difference a holding of EXTERNAL at the next look`

async function unfreeze(store: Store, { account_id, instrument_id, adopt }: { account_id: string; instrument_id: string; adopt: boolean }) {
  const known = await brokerAccountOf(store, account_id)
  if (known) await setBrokerAccount(store, { ...known, suspects: [], adopted: known.adopted && !adopt })
  return unfreezeInstrument(store, account_id, instrument_id)
}

const { values, positionals } = readCommandLine(usage, {
  options: { data: { type: 'string', default: '.local' }, adopt: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const [account_id, instrument_id] = positionals
try {
  const here = process.env.MONGODB_URI === undefined ? readEndpoints(values.data) : null
  const environment = here ? { ...process.env, MONGODB_URI: here.mongodb_uri ?? '', MONGODB_DATABASE: here.database } : process.env
  const store = openStore(readEnvironment(baseEnvironment, environment))
  if (account_id === undefined) {
    console.error(usage)
    process.exitCode = 2
  } else if (instrument_id === undefined) {
    for (const each of await frozenOf(store, account_id)) {
      console.log(`${each.instrument_id}: ours ${each.ours.toFixed()}, broker ${each.theirs.toFixed()}, since ${each.at.toISOString()}`)
    }
  } else {
    const done = await unfreeze(store, { account_id, instrument_id, adopt: values.adopt })
    console.log(done ? `${instrument_id} in ${account_id} takes entries again.` : `${instrument_id} in ${account_id} was not frozen.`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
await closeStores()
