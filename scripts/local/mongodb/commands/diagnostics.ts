import { type Doc, number } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import type { Command } from './context.ts'
import { VERSION } from './hello.ts'
import { abortAll } from './transactions.ts'

// What test runners and drivers ask of a server before they begin: enough to tell what it is, and nothing that is made up.

const OPTIONS = ['showDetails', 'allParameters']

const parameters = (testCommands: boolean): Doc => ({
  authenticationMechanisms: [],
  enableTestCommands: number(testCommands ? 1 : 0),
  featureCompatibilityVersion: { version: '8.0' },
  requireApiVersion: false,
})

export const getParameter: Command = {
  fields: [...OPTIONS, ...Object.keys(parameters(false))],
  run: ({ command, faults }) => {
    const all = parameters(faults.allowed)
    const wanted = command.getParameter === '*' ? Object.keys(all) : Object.keys(all).filter(name => name in command)
    if (wanted.length === 0) throw new CommandError(72, 'no option found to get')
    return { doc: Object.fromEntries(wanted.map(name => [name, all[name]])) }
  },
}

export const getCmdLineOpts: Command = {
  fields: [],
  run: ({ faults }) => ({ doc: { argv: [], parsed: faults.allowed ? { setParameter: { enableTestCommands: '1' } } : {} } }),
}

export const connectionStatus: Command = {
  fields: ['showPrivileges'],
  run: () => ({ doc: { authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } } }),
}

/** The parts of the status that there are; others may be left out by name, as the command allows. */
export const serverStatus: Command = {
  fields: ['repl', 'metrics', 'locks', 'mirroredReads', 'latchAnalysis'],
  run: ({ port }) => ({
    doc: {
      host: `127.0.0.1:${port}`,
      version: VERSION.slice(0, 3).join('.'),
      process: 'embedded',
      pid: number(process.pid),
      uptime: number(Math.floor(process.uptime())),
      localTime: new Date(),
      storageEngine: { name: 'sqlite', supportsCommittedReads: true, persistent: true },
    },
  }),
}

/** Ends what sessions hold open: their transactions. There are no users to tell apart, so it is all of them. */
export const killAllSessions: Command = {
  fields: [],
  run: ({ store }) => {
    abortAll(store)
    return { doc: {} }
  },
}
