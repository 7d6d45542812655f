import { type ChildProcess, spawn } from 'node:child_process'
import type { FromPreparation, ToPreparation } from '../prepare/messages.ts'
import { openLog } from './process-log.ts'
import type { ProcessPlan } from './process-plan.ts'

type Kind = FromPreparation['kind']
type Heard<K extends Kind> = Extract<FromPreparation, { kind: K }>

export interface Preparing {
  /** Resolves when it has said so; rejects when it ends before. */
  heard<K extends Kind>(kind: K): Promise<Heard<K>>
  tell(message: ToPreparation): void
  kill(): void
}

interface Surroundings {
  environment: NodeJS.ProcessEnv
  logFolder: string
}

/** Starts the preparation, which ends by itself when there is nothing more to prepare. */
export function startPreparation(plan: ProcessPlan, { environment, logFolder }: Surroundings): Preparing {
  const log = openLog(logFolder, plan.name)
  const child: ChildProcess = spawn(plan.command, plan.args, {
    env: environment,
    detached: true,
    stdio: ['ignore', log.output, 'pipe', 'ipc'],
  })
  log.errors(child.stderr, () => undefined)
  const words = new Map<Kind, PromiseWithResolvers<FromPreparation>>()
  const wordOf = (kind: Kind) => {
    const known = words.get(kind) ?? Promise.withResolvers<FromPreparation>()
    words.set(kind, known)
    return known
  }
  child.on('message', (message: FromPreparation) => wordOf(message.kind).resolve(message))
  child.once('close', () => {
    log.close()
    const failure = new Error(`Preparation failed: ${log.lastError() ?? 'it ended without a word; see logs/prepare.log'}`)
    for (const { promise, reject } of words.values()) {
      promise.catch(() => undefined)
      reject(failure)
    }
  })
  return {
    heard: kind => wordOf(kind).promise as Promise<Heard<typeof kind>>,
    tell: message => void child.send(message, () => undefined),
    kill: () => void child.kill('SIGKILL'),
  }
}
