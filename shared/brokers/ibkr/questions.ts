import { sentence } from '../../domain/errors.ts'
import { BrokerConnectionError, BrokerError } from '../broker.ts'

interface Open {
  rows: unknown[]
  resolve(rows: unknown[]): void
  reject(error: Error): void
  timer: NodeJS.Timeout
}

interface Asking {
  /** What it is about: a request's number, or the name of what is asked without one. */
  key: string | number
  name: string
  within_ms: number
  send(): Promise<boolean>
}

/** Requests of this protocol have numbers from here on, so that no order's number is ever one of them. */
const FIRST_REQUEST = 1_000_000_000

/**
 * Questions whose answer comes in rows up to an end. Each has a deadline, which the library has not. What has no number can only be asked
 * once at a time, and others then share its answer; an end that comes after its deadline does not end the next one.
 */
export function openQuestions() {
  const open = new Map<string | number, Open>()
  const shared = new Map<string | number, Promise<unknown[]>>()
  /** Ends that may still come, and how often the gateway showed since then that it lives. */
  const owed = new Map<string | number, { ends: number; pulses: number }>()
  let request = FIRST_REQUEST

  function finish(key: string | number): Open | undefined {
    const question = open.get(key)
    if (question) clearTimeout(question.timer)
    open.delete(key)
    shared.delete(key)
    return question
  }

  function begin({ key, name, within_ms, send }: Asking): Promise<unknown[]> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>()
    let sent = false
    const timer = setTimeout(() => {
      // An answer to it may still come, and must not be taken for that to another.
      if (typeof key === 'string' && sent) owed.set(key, { ends: (owed.get(key)?.ends ?? 0) + 1, pulses: 0 })
      finish(key)?.reject(new BrokerConnectionError(sentence('NO_ANSWER', { question: name, ms: String(within_ms) })))
    }, within_ms)
    open.set(key, { rows: [], resolve, reject, timer })
    send().then(
      gone => {
        sent = gone
        if (!gone) finish(key)?.reject(new BrokerConnectionError(sentence('NOT_CONNECTED', { question: name })))
      },
      (error: unknown) => finish(key)?.reject(error instanceof Error ? error : new Error(String(error))),
    )
    return promise
  }

  return {
    nextRequest: () => request++,
    ask: <R>(asking: Asking): Promise<R[]> => {
      const answer = shared.get(asking.key) ?? begin(asking)
      shared.set(asking.key, answer)
      return answer as Promise<R[]>
    },
    row: (key: string | number, row: unknown): void => void open.get(key)?.rows.push(row),
    end: (key: string | number): void => {
      const late = owed.get(key)
      if (late) {
        late.ends -= 1
        if (late.ends === 0) owed.delete(key)
        open.get(key)?.rows.splice(0)
        return
      }
      const question = finish(key)
      question?.resolve(question.rows)
    },
    fail: (key: string | number, reason: string): boolean => {
      const question = finish(key)
      question?.reject(new BrokerError(reason))
      return question !== undefined
    },
    /** The gateway answers in order: what it did not answer before its second sign of life will not be answered. */
    pulse: (): void => {
      for (const [key, late] of owed) {
        late.pulses += 1
        if (late.pulses > 1) owed.delete(key)
      }
    },
    /** The connection is gone, and with it every answer. */
    failAll: (reason: string): void => {
      owed.clear()
      for (const key of [...open.keys()]) finish(key)?.reject(new BrokerConnectionError(reason))
    },
  }
}
export type Questions = ReturnType<typeof openQuestions>
