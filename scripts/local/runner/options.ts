import { parseArgs } from 'node:util'

export interface Options {
  /** First port; the others follow it. */
  port: number
  /** Where everything of this deployment is kept. */
  dataDir: string
  reset: boolean
  demo: boolean
  sender: boolean
  /** The simulated market keeps the hours of real ones. */
  marketHours: boolean
  /** A second version of Cerebro to run in shadow; null without one. */
  shadow: string | null
  /** Simulated brokers beside the paper ones. */
  simulated: boolean
  /** Names of the processes to start; null for all. */
  only: string[] | null
}

export const usage = `npm start -- [options]
  --port N          first port (8080): all functions answer there; the other ports follow it
  --data DIR        where data is kept (.local)
  --reset           begin with empty data
  --no-demo         without demo data
  --no-sender       with demo data, but without demo signals
  --market-hours    the simulated market closes when real ones do
  --brokers simulated  an account on each simulated broker beside the paper ones
  --shadow VERSION  a second Cerebro decides beside the first, in books of its own (or CEREBRO_SHADOW)
  --only NAME,...   start only these processes`

/** A wrong command line, in words for whoever typed it. */
export class UsageError extends Error {}

/** Leaves room for the ports that follow the first. */
const LAST_FIRST_PORT = 65_500

/** @throws UsageError where an option is unknown, is not what it should be, or does not go with the environment */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): Options {
  const values = parse(args)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > LAST_FIRST_PORT) {
    throw new UsageError(`--port takes a number from 1 to ${LAST_FIRST_PORT}, not “${values.port}”.`)
  }
  const demo = !values['no-demo']
  if (environment.MONGODB_URI) refuseNearForeignData({ reset: values.reset, demo })
  return {
    port,
    dataDir: values.data,
    reset: values.reset,
    demo,
    sender: demo && !values['no-sender'],
    marketHours: values['market-hours'],
    simulated: simulatedOf(values.brokers, demo),
    shadow: shadowOf(values.shadow ?? environment.CEREBRO_SHADOW),
    only: values.only === undefined ? null : namesOf(values.only),
  }
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8080' },
        data: { type: 'string', default: '.local' },
        reset: { type: 'boolean', default: false },
        'no-demo': { type: 'boolean', default: false },
        'no-sender': { type: 'boolean', default: false },
        'market-hours': { type: 'boolean', default: false },
        brokers: { type: 'string' },
        shadow: { type: 'string' },
        only: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '', { cause: error })
  }
}

const simulatedOf = (brokers: string | undefined, demo: boolean): boolean => {
  if (brokers === undefined) return false
  if (brokers !== 'simulated') throw new UsageError(`--brokers takes “simulated”, not “${brokers}”: others are in the account hierarchy.`)
  if (!demo) throw new UsageError('--brokers simulated adds to the demo data: leave --no-demo out.')
  return true
}

const shadowOf = (version: string | undefined): string | null => {
  if (version === undefined || version === '') return null
  if (/^[a-z0-9]{1,8}$/.test(version) && version !== 'v1') return version
  throw new UsageError(`--shadow takes the name of a version, such as v2, not “${version}”.`)
}

const namesOf = (list: string): string[] => {
  const names = list
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  if (names.length === 0) throw new UsageError('--only takes the names of processes, with commas between them.')
  return names
}

function refuseNearForeignData({ reset, demo }: { reset: boolean; demo: boolean }): void {
  if (reset) throw new UsageError('--reset is refused where MONGODB_URI is set: that database is not ours to empty.')
  if (demo) throw new UsageError('Demo data is refused where MONGODB_URI is set: add --no-demo, or unset MONGODB_URI.')
}
