import type { BrokerExecution } from '../../shared/brokers/broker.ts'

/** What one watch remembers, so that it does not look again at what cannot change any more. It may forget at any time. */
export interface Memory {
  isSettled(execution: BrokerExecution): boolean
  settle(executions: readonly BrokerExecution[]): void
  deepDue(account_id: string, every_ms: number): boolean
  lookedDeep(account_id: string): void
  /** What was asked for under a name, for so long; a question that failed is asked again. */
  recall<T>(name: string, for_ms: number, ask: () => Promise<T>): Promise<T>
  /** Starts work under a name, unless work of that name is still being done. */
  once(name: string, work: () => Promise<void>): void
}

const MOST_SETTLED = 100_000

const keyOf = ({ account_id, execution_id, commission_pending }: BrokerExecution): string =>
  `${account_id} ${execution_id} ${commission_pending === true}`

export function openMemory(): Memory {
  const settled = new Set<string>()
  const going = new Set<string>()
  const deep = new Map<string, number>()
  const recalled = new Map<string, { at: number; answer: Promise<unknown> }>()
  return {
    isSettled: execution => settled.has(keyOf(execution)),
    settle: executions => {
      if (settled.size > MOST_SETTLED) settled.clear()
      for (const execution of executions) settled.add(keyOf(execution))
    },
    deepDue: (account_id, every_ms) => performance.now() - (deep.get(account_id) ?? Number.NEGATIVE_INFINITY) > every_ms,
    lookedDeep: account_id => void deep.set(account_id, performance.now()),
    recall: <T>(name: string, for_ms: number, ask: () => Promise<T>) => {
      const known = recalled.get(name)
      if (known && performance.now() - known.at < for_ms) return known.answer as Promise<T>
      const answer = ask()
      recalled.set(name, { at: performance.now(), answer })
      answer.catch(() => recalled.delete(name))
      return answer
    },
    once: (name, work) => {
      if (going.has(name)) return
      going.add(name)
      void work().finally(() => going.delete(name))
    },
  }
}
