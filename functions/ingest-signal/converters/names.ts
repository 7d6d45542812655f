/** The names that senders use, by ours. Where a body has several, the first in its row counts. */
const names = {
  strategy_name: ['strategy_name', 'strategy', 'strategy_id'],
  passphrase: ['passphrase'],
  signalID: ['signalID'],
  signal_sent_EPOCH: ['signal_sent_EPOCH'],
  environment: ['environment'],
  signal: ['signal'],
  ticker: ['ticker', 'symbol'],
  action: ['action', 'side', 'order_action'],
  quantity: ['quantity', 'qty', 'size', 'contracts', 'order_contracts', 'shares', 'units'],
  price: ['price', 'signal_price'],
  order_type: ['order_type'],
  limit_price: ['limit_price'],
  stop_price: ['stop_price'],
  stop_loss: ['stop_loss'],
  take_profit: ['take_profit'],
  trail_pct: ['trail_pct', 'trail_percent'],
  time_in_force: ['time_in_force', 'tif'],
  expires_at: ['expires_at'],
  asset_class: ['asset_class', 'sec_type'],
  exchange: ['exchange'],
  currency: ['currency'],
  expiry: ['expiry', 'expiration', 'expiration_date'],
  strike: ['strike', 'strike_price'],
  right: ['right', 'option_type', 'put_call'],
  multiplier: ['multiplier'],
  signal_type: ['signal_type'],
  position_after: ['position_after'],
  market_position: ['market_position'],
  market_position_size: ['market_position_size'],
  sentiment: ['sentiment'],
  order_id: ['order_id'],
  time: ['time', 'timenow'],
} as const

export type FieldName = keyof typeof names

/** Names are the same however their words are joined: `limitPrice`, `limit_price`, `Limit-Price`. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[_\-\s]/g, '')

const known = new Map<string, { field: string; rank: number }>(
  Object.entries(names).flatMap(([field, written]) => written.map((name, rank) => [plain(name), { field, rank }] as const)),
)

export interface Named {
  /** What was sent, under our names; what nobody knows is left out. */
  fields: Partial<Record<FieldName, unknown>>
  /** Our name → the name it was sent under. */
  written: ReadonlyMap<string, string>
}

/** Fields under our names, whatever common names they were sent under. An empty one gives way to another that is not. */
export function named(sent: Record<string, unknown>): Named {
  const fields: Record<string, unknown> = {}
  const written = new Map<string, string>()
  const ranks = new Map<string, number>()
  for (const [name, value] of Object.entries(sent)) {
    const found = known.get(plain(name))
    if (!found) continue
    const { field } = found
    const rank = found.rank + (name === field ? 0 : 0.5) + (isEmpty(value) ? 100 : 0)
    if (rank >= (ranks.get(field) ?? Number.POSITIVE_INFINITY)) continue
    fields[field] = value
    written.set(field, name)
    ranks.set(field, rank)
  }
  return { fields, written }
}

const isEmpty = (value: unknown) => value === '' || value === null || value === undefined

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const writtenOf = new WeakMap<object, Named['written']>()

/** Remembered by object: each of many faults in one object asks. */
function writtenIn(node: Record<string, unknown>): Named['written'] {
  const known = writtenOf.get(node) ?? named(node).written
  writtenOf.set(node, known)
  return known
}

/** A path in our names as the sender wrote it, such as `signal.0.qty`. */
export function writtenPath(sent: unknown, path: readonly PropertyKey[]): PropertyKey[] {
  let node = sent
  return path.map(part => {
    if (typeof part === 'number') {
      node = Array.isArray(node) ? node[part] : node
      return part
    }
    if (!isObject(node)) return part
    const name = writtenIn(node).get(String(part)) ?? String(part)
    node = node[name]
    return name
  })
}
