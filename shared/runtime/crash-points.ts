/** Lines between which a process may die, by name: it kills itself at the first that it reaches of those named by CRASH_AT. */
export const crashPoints = [
  'ingest-signal:before-store',
  'ingest-signal:stored',
  'ibkr-gateway:adopted',
  'cerebro:reserved',
  'cerebro:claimed',
  'cerebro:decided',
  'execute-order:intent-stored',
  'execute-order:placed',
  'execute-order:stored',
  'paper:accepted',
  'paper:account-updated',
  'apply-execution:position-updated',
  'apply-execution:stored',
  'sync-accounts:state-stored',
  'outbox:published',
] as const
export type CrashPoint = (typeof crashPoints)[number]

let armed: ReadonlySet<CrashPoint> = new Set()

/** Arms crash points for the life of this process; configuration refuses them wherever real money or the cloud is near. */
export const armCrashPoints = (names: readonly CrashPoint[]): void => {
  armed = new Set(names)
}

/** Dies here, without a word to anyone, if this point is armed. */
export const crashPoint = (name: CrashPoint): void => {
  if (armed.has(name)) process.kill(process.pid, 'SIGKILL')
}
