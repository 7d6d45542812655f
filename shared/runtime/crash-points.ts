/** Lines between which a process may die, by name: the process kills itself at the one named by CRASH_AT. */
export const crashPoints = [
  'ingest-signal:before-store',
  'ingest-signal:stored',
  'cerebro:reserved',
  'cerebro:claimed',
  'cerebro:decided',
  'execute-order:intent-stored',
  'execute-order:placed',
  'execute-order:stored',
  'paper:accepted',
  'paper:account-updated',
  'apply-execution:fill-stored',
  'apply-execution:position-updated',
  'apply-execution:ledger-updated',
  'apply-execution:stored',
  'sync-accounts:state-stored',
  'outbox:published',
] as const
export type CrashPoint = (typeof crashPoints)[number]

let armed: string | undefined

/** Arms one crash point for the life of this process; configuration refuses it wherever real money or the cloud is near. */
export const armCrashPoint = (name: string | undefined): void => {
  armed = name
}

/** Dies here, without a word to anyone, if this point is the armed one. */
export const crashPoint = (name: CrashPoint): void => {
  if (armed === name) process.kill(process.pid, 'SIGKILL')
}
