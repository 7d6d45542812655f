import { MOST_CHARACTERS, sendTelegram, type TelegramChat } from '../../shared/channels/telegram.ts'
import type { Secrets } from '../../shared/cloud/cached-secrets.ts'
import { isFinal } from '../../shared/domain/signal/states.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import type { Log } from '../../shared/runtime/log.ts'
import { decisionsOf } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { fillsOfSignals } from '../../shared/store/fills.ts'
import { markTold, noteSignal, openNotices, type SignalNotice } from '../../shared/store/signal-notices.ts'
import { signalStatuses } from '../../shared/store/trading-signals.ts'
import type { TellConfig } from './config.ts'
import { lineOf, receivedLine, resultLine } from './lines.ts'

/** Longer, Telegram is not waited for: what was not told is told by a later run. */
const TIMEOUT_MS = 5_000
const MOST_SIGNALS = 500

interface Parts {
  store: Store
  secrets: Secrets
  config: Pick<TellConfig, 'TELEGRAM_CHAT_ID' | 'TELEGRAM_URL'>
  timeoutMs?: number
}

const off: Outcome = { message: 'nobody is told: no telegram-token or no TELEGRAM_CHAT_ID' }

/**
 * Tells the fund's channel of signals and their results (SIG-11). A message of the pipeline only wakes it: what is to be told is read from
 * the database, so that Telegram may be slow or away for as long as it likes. Whatever it does, the message is acknowledged.
 */
export function tellingSignals(parts: Parts) {
  const tell = oneAtATime((log: Log) => tellOpen(parts, log))
  const wake = async ({ log }: StepContext): Promise<Outcome> => ((await chatOf(parts)) === null ? off : tell(log))
  return {
    received: async (signal: StandardizedSignal, context: StepContext): Promise<Outcome> => {
      if ((await chatOf(parts)) === null) return off
      const { signal_id, strategy_id, received_at } = signal
      await noteSignal(parts.store, { signal_id, strategy_id, received_at, line: lineOf(signal) })
      return wake(context)
    },
    wake: (_message: unknown, context: StepContext) => wake(context),
  }
}

async function chatOf({
  secrets,
  config: { TELEGRAM_CHAT_ID, TELEGRAM_URL },
  timeoutMs = TIMEOUT_MS,
}: Parts): Promise<TelegramChat | null> {
  if (TELEGRAM_CHAT_ID === undefined) return null
  const token = await secrets.read('telegram-token')
  return token === null ? null : { base_url: TELEGRAM_URL, token, chat_id: TELEGRAM_CHAT_ID, timeoutMs }
}

/** Whoever comes while a run goes on shares the next one, which sees what they bring. */
function oneAtATime(run: (log: Log) => Promise<Outcome>): (log: Log) => Promise<Outcome> {
  let current: Promise<Outcome> | null = null
  let next: Promise<Outcome> | null = null
  const start = (log: Log): Promise<Outcome> => {
    next = null
    const started = run(log).finally(() => {
      if (current === started) current = null
    })
    current = started
    return started
  }
  return log => {
    if (current === null) return start(log)
    next ??= current.catch(() => undefined).then(() => start(log))
    return next
  }
}

interface News {
  line: string
  received?: string
  result?: string
}

async function tellOpen(parts: Parts, log: Log): Promise<Outcome> {
  const chat = await chatOf(parts)
  const news = chat === null ? [] : await newsOf(parts.store)
  let told = 0
  for (const message of chat === null ? [] : messagesOf(news)) {
    const sent = chat && (await sendTelegram(chat, message.map(({ line }) => line).join('\n')))
    if (!sent?.ok) {
      log.warning('telegram does not answer; told later', { reason: sent?.reason, waiting: news.length - told })
      break
    }
    await markTold(parts.store, {
      received: message.flatMap(({ received }) => received ?? []),
      results: message.flatMap(({ result }) => result ?? []),
    })
    told += message.length
  }
  return { message: 'signals told', fields: { told, waiting: news.length - told } }
}

async function newsOf(store: Store): Promise<News[]> {
  const open = await openNotices(store, MOST_SIGNALS)
  const statuses = await signalStatuses(
    store,
    open.map(({ signal_id }) => signal_id),
  )
  const ended = open.flatMap(notice => {
    const status = statuses.get(notice.signal_id)
    return status !== undefined && isFinal(status) ? [{ notice, status }] : []
  })
  return [...open.filter(({ received_told }) => !received_told).map(received), ...(await resultsOf(store, ended))]
}

const received = (notice: SignalNotice): News => ({ line: receivedLine(notice), received: notice.signal_id })

type Ended = Pick<Parameters<typeof resultLine>[0], 'notice' | 'status'>

async function resultsOf(store: Store, ended: readonly Ended[]): Promise<News[]> {
  if (ended.length === 0) return []
  const ids = ended.map(({ notice }) => notice.signal_id)
  const [decisions, fills] = await Promise.all([decisionsOf(store, ids), fillsOfSignals(store, ids)])
  const bySignal = Map.groupBy(fills, ({ signal_id }) => signal_id)
  return ended.map(({ notice, status }) => {
    const { signal_id } = notice
    return {
      line: resultLine({ notice, status, decision: decisions.get(signal_id), fills: bySignal.get(signal_id) ?? [] }),
      result: signal_id,
    }
  })
}

/** News in as few messages as hold them: a channel takes about twenty a minute. */
function messagesOf(news: readonly News[]): News[][] {
  const messages: News[][] = []
  let length = 0
  for (const each of news) {
    const last = messages.at(-1)
    length += each.line.length + 1
    if (last && length <= MOST_CHARACTERS) last.push(each)
    else {
      messages.push([each])
      length = each.line.length
    }
  }
  return messages
}
