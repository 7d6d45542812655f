import { Refused } from './rules.ts'
import type { Answer, Asked } from './trading-api.ts'
import type { World } from './world.ts'

/** Market data, whose prices are JSON numbers. Numbers are written digit by digit, as `{"$": "100.10"}` is by `withNumbers`. */
export function dataApi(world: World, { path, query }: Asked): Answer {
  const symbols = (query.get('symbols') ?? '').split(',')
  const known = symbols.filter(symbol => world.touches.has(symbol))
  const each = (of: (symbol: string) => unknown) => Object.fromEntries(known.map(symbol => [symbol, of(symbol)]))
  if (/quotes\/?(latest)?$/.test(path) && path.includes('latest'))
    return { status: 200, body: { quotes: each(symbol => quoteOf(world, symbol)) } }
  if (path.includes('latest') && path.includes('trades')) return { status: 200, body: { trades: each(symbol => tradeOf(world, symbol)) } }
  if (path.endsWith('/bars')) return { status: 200, body: barsOf(world, query) }
  throw new Refused(404, 40410000, 'endpoint not found.')
}

const number = (text: string) => ({ $: text })

function quoteOf(world: World, symbol: string): unknown {
  const touch = world.touches.get(symbol)
  return (
    touch && {
      t: touch.at.toISOString(),
      ax: 'V',
      ap: number(touch.ask.toFixed()),
      as: 3,
      bx: 'V',
      bp: number(touch.bid.toFixed()),
      bs: 2,
      c: ['R'],
    }
  )
}

function tradeOf(world: World, symbol: string): unknown {
  const touch = world.touches.get(symbol)
  return touch && { t: touch.at.toISOString(), x: 'V', p: number(touch.bid.toFixed()), s: 1, c: [' '], i: 1 }
}

function barsOf({ closes }: World, query: URLSearchParams): unknown {
  const [symbol = ''] = (query.get('symbols') ?? '').split(',')
  const since = (query.get('start') ?? '').slice(0, 10)
  const all = (closes.get(symbol) ?? []).filter(({ day }) => day >= since)
  const from = Number(query.get('page_token') ?? 0)
  const size = Math.min(Number(query.get('limit') ?? 1_000), 3)
  const page = all.slice(from, from + size)
  const bars = page.map(({ day, close }) => ({
    t: `${day}T05:00:00Z`,
    o: number(close),
    h: number(close),
    l: number(close),
    c: number(close),
    v: 1,
  }))
  return { bars: { [symbol]: bars }, next_page_token: from + size < all.length ? String(from + size) : null }
}

/** JSON in which `{"$": "1.10"}` is the number 1.10, with the digits as they are. */
export const withNumbers = (body: unknown): string => JSON.stringify(body).replaceAll(/\{"\$":"(-?[\d.]+)"\}/g, '$1')
