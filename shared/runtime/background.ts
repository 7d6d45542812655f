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
