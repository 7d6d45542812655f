import type { Listed } from './shapes.ts'

const share = (exchange: string, tradingsymbol: string, instrument_token: number): Listed => ({
  exchange,
  tradingsymbol,
  instrument_token,
  name: tradingsymbol,
  expiry: '',
  strike: 0,
  instrument_type: 'EQ',
  segment: exchange,
  lot_size: 1,
  tick_size: 0.05,
  multiplier: 1,
})

/** What the exchanges list: contracts by name, and every share that has a price. */
export function listedOf(contracts: readonly Partial<Listed>[]) {
  const known = new Map<string, Listed>()
  let token = 256_000
  const add = (listed: Listed): Listed => {
    known.set(`${listed.exchange}:${listed.tradingsymbol}`, listed)
    return listed
  }
  for (const each of contracts) {
    token += 256
    add({ ...share(each.exchange ?? 'NSE', each.tradingsymbol ?? '', token), ...each })
  }
  return {
    find: (exchange: string, tradingsymbol: string, hasPrice: boolean): Listed | null => {
      const found = known.get(`${exchange}:${tradingsymbol}`)
      if (found || !hasPrice) return found ?? null
      token += 256
      return add(share(exchange, tradingsymbol, token))
    },
    all: (exchange: string | null | undefined): Listed[] => [...known.values()].filter(each => !exchange || each.exchange === exchange),
  }
}

const columns = [
  'instrument_token',
  'exchange_token',
  'tradingsymbol',
  'name',
  'last_price',
  'expiry',
  'strike',
  'tick_size',
  'lot_size',
  'instrument_type',
  'segment',
  'exchange',
] as const

export const toCsv = (listed: readonly Listed[]): string =>
  [
    columns.join(','),
    ...listed.map(each => {
      const row: Record<string, string | number> = { ...each, exchange_token: each.instrument_token >> 8, last_price: 0 }
      return columns.map(column => String(row[column] ?? '')).join(',')
    }),
  ].join('\n')
