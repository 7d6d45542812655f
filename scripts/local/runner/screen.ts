import type { Activity, QueueState } from './observation.ts'

export interface ProcessLine {
  name: string
  pid: number | null
  since: number
  restarts: number
  memory: number | null
}

export interface View {
  title: string
  processes: ProcessLine[]
  queues: QueueState[]
  activity: Activity | null
  troubles: string[]
  now: number
}

const mb = (bytes: number | null) => (bytes === null ? '' : `${Math.round(bytes / 1e6)} MB`)

/** A length of time in the unit that says most, such as `42 s` or `3 h`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}

const clockTime = (iso: string) => iso.slice(11, 19)
const lastPart = (name: string) => name.slice(name.lastIndexOf('/') + 1)

const processLine =
  (now: number) =>
  ({ name, pid, since, restarts, memory }: ProcessLine): string =>
    [
      `  ${name.padEnd(18)}`,
      (pid === null ? 'starting' : String(pid)).padStart(8),
      `up ${duration(now - since)}`.padStart(12),
      `${restarts} restarts`.padStart(13),
      mb(memory).padStart(9),
    ].join('')

/** The status view as lines of text. */
export function screen({ title, processes, queues, activity, troubles, now }: View): string[] {
  const total = processes.reduce((sum, { memory }) => sum + (memory ?? 0), 0)
  const waiting = queues.filter(({ backlog }) => backlog > 0)
  const list = (head: string, lines: string[], none: string) => ['', head, ...(lines.length > 0 ? lines : [`  ${none}`])]
  const happenings = (of: 'decisions' | 'fills') => (activity?.[of] ?? []).map(({ at, text }) => `  ${clockTime(at)}  ${text}`)
  return [
    title,
    ...list('Processes', processes.map(processLine(now)), ''),
    `  ${'together'.padEnd(51)}${mb(total).padStart(9)}`,
    ...list(
      'Queues',
      waiting.map(
        ({ subscription, backlog, oldest_age_ms }) =>
          `  ${lastPart(subscription).padEnd(44)}${String(backlog).padStart(6)} waiting, oldest ${duration(oldest_age_ms)}`,
      ),
      `${queues.length} subscriptions, nothing waits`,
    ),
    ...list(
      'Next runs (UTC)',
      (activity?.next_runs ?? []).map(
        ({ step, at, cron, time_zone }) => `  ${at ? clockTime(at) : 'never   '}  ${step.padEnd(20)}${cron} ${time_zone}`,
      ),
      'not known',
    ),
    ...list('Last decisions', happenings('decisions'), 'none yet'),
    ...list('Last fills', happenings('fills'), 'none yet'),
    ...(troubles.length > 0
      ? list(
          'Troubles',
          troubles.map(line => `  ${line}`),
          '',
        )
      : []),
  ]
}
