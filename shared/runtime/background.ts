import { setTimeout as wait } from 'node:timers/promises'
import type { StepName } from '../messages/pipeline-names.ts'
import { errorText, logOf } from './log.ts'

/** Work that goes on for as long as its process; it ends when it is told to. */
export type Background = (ending: AbortSignal) => Promise<void>

const works: { name: StepName; work: Background }[] = []
const AGAIN_AFTER_MS = [250, 1_000, 2_000, 5_000]

/** Registers the work of a step that is always on; the host starts it when the process serves. */
export const defineBackground = (name: StepName, work: Background): void => {
  works.push({ name, work })
}

async function keepGoing(name: StepName, work: Background, ending: AbortSignal): Promise<void> {
  const log = logOf(name, {})
  for (let failures = 0; !ending.aborted; failures++) {
    const started = performance.now()
    try {
      await work(ending)
    } catch (error) {
      if (ending.aborted) return
      log.warning('background work failed and begins again', { error: errorText(error) })
    }
    if (performance.now() - started > 60_000) failures = 0
    const pause = AGAIN_AFTER_MS[Math.min(failures, AGAIN_AFTER_MS.length - 1)]
    await wait(pause, undefined, { signal: ending }).catch(() => undefined)
  }
}

/** Starts all the work that was registered in this process; gives what ends it. */
export function startBackground(): () => Promise<void> {
  const ending = new AbortController()
  const runs = works.map(({ name, work }) => keepGoing(name, work, ending.signal))
  return async () => {
    ending.abort()
    await Promise.all(runs)
  }
}

/** Cloud Run waits ten seconds after it has asked a container to end. */
const END_WITHIN_MS = 4_000
const signals: ReadonlySet<string | symbol> = new Set(['SIGTERM', 'SIGINT'])

/**
 * Ends this process when it is asked to, after what has to be given back was. The framework's own handler, which it adds once it serves, ends
 * the process at once: it is taken off again.
 */
export function endWhenAsked(end: () => Promise<void>): void {
  let asked = false
  const stop = () => {
    if (asked) return
    asked = true
    setTimeout(() => process.exit(), END_WITHIN_MS).unref()
    void end().finally(() => process.exit())
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  process.on('newListener', (name: string | symbol, listener: () => void) => {
    if (signals.has(name) && listener !== stop) setImmediate(() => process.off(name as string, listener))
  })
}
