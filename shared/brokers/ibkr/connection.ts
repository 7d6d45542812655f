import type { IBApi } from '@stoqey/ib'
import { sentence } from '../../domain/errors.ts'
import { BrokerConnectionError, type BrokerSession } from '../broker.ts'
import { classOf } from './errors.ts'
import { type Heard, type Link, openLink } from './link.ts'
import { nextClock } from './moments.ts'
import { openPacer } from './pacing.ts'
import type { Settings } from './settings.ts'

/** `syncing`: questions may be asked, orders may not be given. `server-lost`: the gateway lives, its servers are out of reach. */
type Phase = 'closed' | 'connecting' | 'syncing' | 'ready' | 'server-lost'
type Sending = 'order' | 'question' | 'pulse'

const allowed: Record<Sending, readonly Phase[]> = {
  order: ['ready'],
  question: ['ready', 'syncing'],
  pulse: ['ready', 'syncing', 'server-lost'],
}

export interface ConnectionDeps {
  settings: Settings
  now(): Date
  /** What comes over the connection, but for what is about the connection itself. */
  heard: Omit<Heard, 'anything' | 'nextValidId' | 'accounts' | 'currentTime' | 'closed' | 'fault'>
  nextValidId(order_id: number): void
  /** Asks for everything that may have changed meanwhile; `afresh` where subscriptions are gone. */
  sync(afresh: boolean): Promise<void>
  changed(ready: boolean, reason: string | null): void
  /** The gateway said that it lives. */
  pulse(): void
}

/** More than the port's: whether there is a socket at all, and whether the gateway is logged in at the servers. */
export interface IbkrSession extends BrokerSession {
  connected: boolean
  logged_in: boolean
  next_reset: Date
}

/** The connection to the gateway, its state, and its way back: nothing is sent but in a state that allows it, and nothing is sent later. */
export function openConnection({ settings, now, heard, ...told }: ConnectionDeps) {
  const pacer = openPacer()
  let phase: Phase = 'closed'
  let reason: string | null = 'never connected'
  let wanted = false
  let link: Link | null = null
  let failures = 0
  let heardAt = 0
  let last_message_at: Date | null = null
  let accounts: string[] = []
  let again: NodeJS.Timeout | null = null
  let pulse: NodeJS.Timeout | null = null
  let login: NodeJS.Timeout | null = null
  let syncs = 0
  const waiting = new Set<{ resolve(): void; reject(error: Error): void }>()

  function enter(next: Phase, why: string | null): void {
    const was = phase
    phase = next
    reason = why
    if (next === 'ready') for (const each of waiting) each.resolve()
    if (next === 'closed' || next === 'server-lost')
      for (const each of waiting) each.reject(new BrokerConnectionError(sentence('NOT_CONNECTED', { reason: why })))
    if (next === 'ready' || next === 'closed' || next === 'server-lost') waiting.clear()
    if ((was === 'ready') !== (next === 'ready')) told.changed(next === 'ready', why)
  }

  function drop(why: string): void {
    for (const timer of [pulse, login]) if (timer) clearTimeout(timer)
    pulse = login = null
    link?.close()
    link = null
    syncs += 1
    pacer.drop()
    enter('closed', why)
  }

  function lose(why: string, pause?: number): void {
    drop(why)
    if (!wanted || again) return
    const { again_after_ms } = settings
    const after = pause ?? again_after_ms[Math.min(failures, again_after_ms.length - 1)] ?? 1_000
    failures += 1
    again = setTimeout(attempt, after).unref()
  }

  function attempt(): void {
    again = null
    if (!wanted || link) return
    phase = 'connecting'
    reason = 'connecting'
    heardAt = performance.now()
    accounts = []
    login = setTimeout(() => lose('NO_LOGIN: the gateway opened its socket and said no more'), settings.request_ms).unref()
    link = openLink(settings, {
      ...heard,
      anything: () => {
        heardAt = performance.now()
        last_message_at = now()
      },
      nextValidId: order_id => {
        told.nextValidId(order_id)
        if (phase === 'connecting') void begin(false)
      },
      accounts: names => {
        accounts = names
      },
      error: hearError,
      currentTime: told.pulse,
      // Whatever was in it is asked for again.
      fault: () => {
        if (phase === 'ready') void begin(false)
      },
      closed: () => lose(reason && phase === 'connecting' ? reason : 'CLOSED: the gateway closed the connection'),
    })
    pulse = setInterval(watch, Math.max(20, settings.quiet_ms / 2)).unref()
  }

  async function begin(afresh: boolean): Promise<void> {
    if (login) clearTimeout(login)
    login = null
    syncs += 1
    const mine = syncs
    enter('syncing', 'RECONCILING')
    try {
      await told.sync(afresh)
      if (mine !== syncs) return
      failures = 0
      enter('ready', null)
    } catch (error) {
      if (mine === syncs) lose(sentence('NOT_RECONCILED', { error: error instanceof Error ? error.message : String(error) }))
    }
  }

  function watch() {
    const silent = performance.now() - heardAt
    if (silent >= settings.dead_ms) return lose(sentence('SILENT', { ms: String(Math.round(silent)) }))
    if (silent >= settings.quiet_ms || phase === 'ready') void send('pulse', api => api.reqCurrentTime())
  }

  function hearError(id: number, code: number, message: string) {
    const found = classOf(code)
    switch (found) {
      case 'pacing':
        pacer.slowDown()
        break
      case 'in-use':
        return lose(sentence('CLIENT_ID_IN_USE', { client_id: String(settings.client_id) }), settings.in_use_ms)
      case 'reset':
        return lose(message)
      case 'server-lost':
        syncs += 1
        return enter('server-lost', sentence('SERVER_LOST', { code: String(code) }))
      case 'server-back':
      case 'server-back-empty':
        return void begin(found === 'server-back-empty')
      default:
        // The library's own complaints about the socket come without a message of the gateway.
        if (phase === 'connecting' && id === -1 && code >= 500 && code < 600) reason = message
    }
    heard.error(id, code, message)
  }

  /** False where the state does not allow it, or no longer does when its turn comes. */
  async function send(what: Sending, work: (api: IBApi) => void, count = 1): Promise<boolean> {
    const through = link
    if (!through || !allowed[what].includes(phase)) return false
    if (!(await pacer.turn(count, what === 'order'))) return false
    if (link !== through || !allowed[what].includes(phase)) return false
    work(through.api)
    return true
  }

  return {
    send,
    accounts: () => accounts,
    isReady: () => phase === 'ready',
    reason: () => reason,
    connect: (): Promise<void> => {
      wanted = true
      if (phase === 'ready') return Promise.resolve()
      // Between two attempts nobody waits for the next one.
      if (again) return Promise.reject(new BrokerConnectionError(sentence('NOT_CONNECTED', { reason })))
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.add({ resolve, reject })
      if (!link) attempt()
      return promise
    },
    disconnect: (): void => {
      wanted = false
      if (again) clearTimeout(again)
      again = null
      drop('disconnected')
    },
    session: (): IbkrSession => {
      const next_reset = nextClock(settings.reset_at, settings.reset_zone, now())
      return {
        status: phase === 'ready' ? 'CONNECTED' : 'DISCONNECTED',
        reason,
        login_url: null,
        expires_at: next_reset,
        last_message_at,
        connected: link !== null && phase !== 'connecting',
        logged_in: phase === 'ready' || phase === 'syncing',
        next_reset,
      }
    },
  }
}
export type Connection = ReturnType<typeof openConnection>
