import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { http } from '../http.ts'
import type { Market, Shock } from './simulation.ts'

interface Surroundings {
  market: Market
  now: () => Date
  /** Called after a shock was given. */
  onShock: () => void | Promise<void>
  /** What else this process tells, by path. */
  pages?: Record<string, () => Promise<unknown>>
}

const MAX_BODY = 4_096
const MOST_DAYS = 5_000

const json = (response: ServerResponse, status: number, body: unknown) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** `GET /quotes`, `GET /quotes/{instrument_id}`, `GET /history/{instrument_id}?days=` and, for tests, `POST /shock {instrument_id, pct}`. */
export function marketServer({ market, now, onShock, pages = {} }: Surroundings): Server {
  const one = (response: ServerResponse, id: string) => {
    const quote = market.quote(id, now())
    if (quote) json(response, 200, quote)
    else json(response, 404, { title: 'Not found', detail: `${id} is not traded on this market.` })
  }
  const closes = (response: ServerResponse, { pathname, searchParams }: URL) => {
    const id = decodeURIComponent(pathname.slice('/history/'.length))
    const days = Math.min(Number(searchParams.get('days')) || 1, MOST_DAYS)
    if (market.ids.includes(id)) json(response, 200, market.closes(id, { days, before: now() }))
    else json(response, 404, { title: 'Not found', detail: `${id} is not traded on this market.` })
  }
  const shock = async (request: IncomingMessage, response: ServerResponse) => {
    const wanted = await shockOf(request)
    if (!wanted || !market.shock(wanted)) {
      return json(response, 422, {
        title: 'Not acceptable',
        detail: 'Send {"instrument_id", "pct"} of an instrument that is traded here, pct > -100.',
      })
    }
    await onShock()
    one(response, wanted.instrument_id)
  }
  return new http.Server({ keepAliveTimeout: 75_000 }, async (request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1)
    const page = pages[path]
    try {
      if (request.method === 'POST' && path === '/shock') await shock(request, response)
      else if (request.method !== 'GET') json(response, 405, { title: 'Method not allowed' })
      else if (page) json(response, 200, await page())
      else if (path === '/quotes')
        json(
          response,
          200,
          market.ids.map(id => market.quote(id, now())),
        )
      else if (path.startsWith('/history/')) closes(response, new URL(request.url ?? '/', 'http://market'))
      else if (path.startsWith('/quotes/')) one(response, decodeURIComponent(path.slice('/quotes/'.length)))
      else json(response, 404, { title: 'Not found' })
    } catch (error) {
      json(response, 503, { title: 'Not available now', detail: (error as Error).message })
    }
  })
}

async function shockOf(request: IncomingMessage): Promise<Shock | null> {
  let body = ''
  for await (const chunk of request) {
    body += chunk
    if (body.length > MAX_BODY) return null
  }
  try {
    const { instrument_id, pct } = JSON.parse(body)
    return typeof instrument_id === 'string' && Number.isFinite(pct) && pct > -100 ? { instrument_id, pct } : null
  } catch {
    return null
  }
}
