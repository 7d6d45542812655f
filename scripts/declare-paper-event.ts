import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { appendAudit } from '../shared/store/audit-log.ts'
import { closeStores, openStore } from '../shared/store/open.ts'
import { paperActions } from '../shared/store/paper-events.ts'
import { readCommandLine } from './command-line.ts'
import { readEndpoints } from './local/endpoints.ts'

const usage = `npm run declare-paper-event -- TYPE [options]      what the paper broker's accounts get beside orders, at the next sync
  DIVIDEND --instrument ID --amount PER_UNIT    whoever holds it
  SPLIT --instrument ID --ratio NEW_FOR_OLD
  DELIVERY | ROLL --instrument ID --into ID --settled-at PRICE --price PRICE_OF_THE_NEW
  INTEREST | FEE | FINANCING | TRANSFER --account ID --amount=SIGNED
  --at TIME    since when (now)    --data DIR    the running system's data directory (.local)`

const text = { type: 'string' } as const
const options = {
  instrument: text,
  account: text,
  amount: text,
  ratio: text,
  into: text,
  'settled-at': text,
  price: text,
  at: text,
  data: { ...text, default: '.local' },
}

async function declare(): Promise<string> {
  const { values, positionals } = readCommandLine(usage, { options, allowPositionals: true })
  const [type] = positionals
  const replaces = type === 'DELIVERY' || type === 'ROLL'
  const ofAccount = !replaces && !['DIVIDEND', 'SPLIT'].includes(type ?? '')
  const figure = replaces ? values.into && values['settled-at'] && values.price : type === 'SPLIT' ? values.ratio : values.amount
  const complete = figure !== undefined && (ofAccount ? values.account : values.instrument) !== undefined
  if (!complete) throw new Error(usage)
  const action = paperActions.read({
    action_id: randomUUID(),
    type,
    instrument_id: ofAccount ? null : values.instrument,
    account_id: ofAccount ? values.account : null,
    amount: values.amount ?? null,
    ratio: values.ratio ?? null,
    into: replaces ? { instrument_id: values.into, settled_at: values['settled-at'], price: values.price } : null,
    at: values.at ?? new Date(),
    description: `${type} declared by hand`,
  })
  const { mongodb_uri, database } = readEndpoints(values.data)
  const store = openStore({ MONGODB_URI: mongodb_uri, MONGODB_DATABASE: database, FUND_ID: process.env.FUND_ID ?? 'mathematricks_fund' })
  await paperActions.in(store).insertOne({ ...action })
  const what = 'paper event: declare'
  await appendAudit(store, {
    writer: 'people',
    at: new Date(),
    who: userInfo().username,
    from: null,
    what,
    before: null,
    after: action,
    reason: 'declared by hand',
  })
  return action.action_id
}

try {
  console.log(`Declared as ${await declare()}.`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await closeStores()
}
