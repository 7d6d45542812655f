import { z } from 'zod'
import { signalAnswer } from '../../shared/messages/signal-answer.ts'
import type { Background } from '../../shared/runtime/background.ts'
import type { BaseConfig } from '../../shared/runtime/configuration.ts'
import { defineSocket } from '../../shared/runtime/define-socket.ts'
import { logOf } from '../../shared/runtime/log.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { type Routes, route } from '../../shared/runtime/route.ts'
import { adoptSignal, adoptWaiting } from '../ingest-signal/adopt.ts'
import { openDoor } from '../ingest-signal/door.ts'
import type { DoorParts } from '../ingest-signal/handler.ts'
import { listenForSignals } from './listen.ts'
import { signalSocket } from './signal-socket.ts'

const PATH = '/ws/signals'

const upgradeRequired = () => {
  throw new Problem({
    status: 426,
    code: 'UPGRADE_REQUIRED',
    detail: 'This address is a WebSocket. Open it with ws:// or wss://, and send each signal as one message.',
    headers: { upgrade: 'websocket', connection: 'Upgrade' },
  })
}

const plain = {
  summary: 'Send trade signals over a WebSocket: each message as the body of POST /api/v1/signals, one reply to each',
  access: 'sender-credential',
  answer: signalAnswer,
  handle: upgradeRequired,
} as const

/** What a request to the socket's addresses is told that is no WebSocket. */
export const routes: Routes = {
  [`GET ${PATH}`]: route(plain),
  [`GET ${PATH}/:token`]: route({
    ...plain,
    summary: 'Send trade signals over a WebSocket at a strategy’s secret address',
    params: z.object({ token: z.string().min(1).max(200) }),
  }),
}

/** The WebSocket door: the same signals, checked and answered by the same function as over HTTP. */
export const serveSockets = (parts: DoorParts, { PROXY_HOPS: hops }: Pick<BaseConfig, 'PROXY_HOPS'>): void =>
  defineSocket({ step: 'ibkr-gateway', path: PATH, hops, largest: 1024 * 1024, most: 500, reply: signalSocket(openDoor(parts)) })

/** Takes in what others write into the database, for as long as the process lives. */
export const takeInWhatOthersWrite = (parts: DoorParts): Background => {
  const log = logOf('ibkr-gateway', {})
  const adopt = adoptSignal(parts)
  return listenForSignals({
    store: parts.store,
    adopt: document => adopt(document, log),
    catchUp: async () => {
      await adoptWaiting(parts, adopt, log)
    },
  })
}
