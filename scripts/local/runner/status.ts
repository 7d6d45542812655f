import { memoryOf, readActivity, readQueues } from './observation.ts'
import { HOST, type Ports } from './ports.ts'
import { screen } from './screen.ts'
import type { Supervised } from './supervisor.ts'

const EVERY_MS = 2_000
const TROUBLES_SHOWN = 6
/** Of each process, every 2 s; the rest is in its log. */
const ERRORS_AT_ONCE = 3
const LONGEST = 300

interface Given {
  running: readonly Supervised[]
  ports: Ports
  /** Which MongoDB runs. */
  database: string
  dataDir: string
}

export interface Status {
  say(line: string): void
  trouble(name: string, line: string): void
  ready(): void
  end(): void
}

/** Shows what runs: a view that is drawn again and again in a terminal, else a line for each change. */
export function showStatus({ running, ports, database, dataDir }: Given): Status {
  const terminal = process.stdout.isTTY === true
  const troubles: string[] = []
  let timer: NodeJS.Timeout | undefined
  let drawing = false

  const say = (line: string) => {
    if (drawing) troubles.push(line)
    else process.stdout.write(`${line}\n`)
  }
  const address = () => {
    const gateway = running.some(({ plan }) => plan.name === 'gateway')
    return gateway ? `http://${HOST}:${ports.gateway}` : 'no gateway'
  }
  const greeting = () => [
    `Ready after ${(performance.now() / 1000).toFixed(1)} s: ${address()}`,
    `  signals    POST ${address()}/api/v1/signals   (npm run send-signal)`,
    `  API        ${address()}/openapi.json`,
    `  health     ${address()}/health`,
    `  MongoDB    ${database}`,
    `  Data       ${dataDir} (endpoints.json, logs/)`,
    '  Ctrl-C stops everything.',
  ]

  const draw = async (head: string[]) => {
    const [activity, queues] = await Promise.all([readActivity(ports.market), readQueues(ports.pubsubStats)])
    const processes = running.map(({ plan: { name }, pid, since, restarts }) => ({
      name,
      pid: pid(),
      since: since(),
      restarts: restarts(),
      memory: memoryOf(pid()),
    }))
    const runner = {
      name: 'runner',
      pid: process.pid,
      since: Date.now() - process.uptime() * 1000,
      restarts: 0,
      memory: memoryOf(process.pid),
    }
    const lines = screen({
      title: head.join('\n'),
      processes: [runner, ...processes],
      queues: queues ?? [],
      activity,
      troubles: troubles.slice(-TROUBLES_SHOWN),
      now: Date.now(),
    })
    const width = process.stdout.columns || 120
    const cut = lines.flatMap(line => line.split('\n')).map(line => line.slice(0, width - 1))
    if (drawing) process.stdout.write(`\x1b[H${cut.slice(0, (process.stdout.rows || 60) - 1).join('\x1b[K\n')}\x1b[K\x1b[J`)
  }

  const trouble = (name: string, line: string) => say(`${name}: ${inWords(line).slice(0, LONGEST)}`)
  const tellErrors = () => {
    for (const { plan, newErrors } of running) for (const line of newErrors().slice(-ERRORS_AT_ONCE)) trouble(plan.name, line)
  }
  const tell = newHappenings(say)
  const poll = async () => tell(await readActivity(ports.market))

  return {
    say,
    trouble,
    ready() {
      const head = greeting()
      if (terminal) {
        drawing = true
        process.stdout.write('\x1b[2J')
      } else for (const line of head) say(line)
      const update = terminal ? () => draw(head) : poll
      const repeat = async () => {
        tellErrors()
        await update()
        if (timer) timer = setTimeout(repeat, EVERY_MS)
      }
      timer = setTimeout(repeat, 0)
    },
    end() {
      clearTimeout(timer)
      timer = undefined
      if (drawing) process.stdout.write('\n')
      drawing = false
      say('Stopping …')
    },
  }
}

/** Says each decision and each fill that was not there when it was asked before. */
function newHappenings(say: (line: string) => void) {
  let known: Set<string> | null = null
  return (activity: Awaited<ReturnType<typeof readActivity>>) => {
    if (!activity) return
    const lines = [...activity.decisions, ...activity.fills].map(({ at, text }) => `${at} ${text}`)
    if (known) for (const line of lines.toReversed()) if (!known.has(line)) say(line)
    known = new Set(lines)
  }
}

/** A log line as a person would say it; other lines stay as they are. */
function inWords(line: string): string {
  try {
    const { message, error, step, ...rest } = JSON.parse(line) as Record<string, string | undefined>
    const about = rest.signal_id ?? rest.order_id
    return [step, message, about && `(${about})`, error?.split('\n', 1)[0]].filter(Boolean).join(' ')
  } catch {
    return line
  }
}
