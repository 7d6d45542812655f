import { ObjectId } from 'bson'
import { MAX_DOCUMENT } from '../bson/codec.ts'
import { type Doc, isArray, number } from '../bson/types.ts'
import { CommandError, refuse } from '../errors.ts'
import type { Command, Context } from './context.ts'

const WIRE_VERSION = 25
export const VERSION = [8, 0, 0, 0]
const electionId = new ObjectId()
let connections = 0

const topology = ({ port, name }: Context): Doc => ({
  [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
  helloOk: true,
  secondary: false,
  // A name of a set makes the driver use sessions and retry writes; the set is this one server.
  setName: 'embedded',
  setVersion: number(1),
  electionId,
  hosts: [`127.0.0.1:${port}`],
  me: `127.0.0.1:${port}`,
  primary: `127.0.0.1:${port}`,
  maxBsonObjectSize: number(MAX_DOCUMENT),
  maxMessageSizeBytes: number(48_000_000),
  maxWriteBatchSize: number(100_000),
  localTime: new Date(),
  logicalSessionTimeoutMinutes: number(30),
  connectionId: number(++connections),
  minWireVersion: number(0),
  maxWireVersion: number(WIRE_VERSION),
  readOnly: false,
})

export const hello: Command = {
  fields: [
    'helloOk',
    'client',
    'compression',
    'loadBalanced',
    'backpressure',
    'hostInfo',
    'topologyVersion',
    'maxAwaitTimeMS',
    'saslSupportedMechs',
    'speculativeAuthenticate',
  ],
  run: context => {
    if (context.command.saslSupportedMechs !== undefined || context.command.speculativeAuthenticate !== undefined) authentication()
    return { doc: topology(context) }
  },
}

const authentication = (): never => {
  throw new CommandError(
    18,
    'credentials in the URI are not supported by the embedded MongoDB server: it listens on this machine only and knows no users',
  )
}

export const saslStart: Command = { fields: ['mechanism', 'payload', 'options', 'autoAuthorize'], run: authentication }

export const ping: Command = { fields: [], run: () => ({ doc: {} }) }

export const buildInfo: Command = {
  fields: [],
  run: () => ({
    doc: {
      version: VERSION.slice(0, 3).join('.'),
      versionArray: VERSION.map(number),
      modules: ['embedded'],
      storageEngines: ['sqlite'],
      bits: number(64),
      maxBsonObjectSize: number(MAX_DOCUMENT),
    },
  }),
}

/** What sessions hold is forgotten in time, so ending them is only acknowledged. */
export const endSessions: Command = { fields: [], run: () => ({ doc: {} }) }

/** Refuses what a command asks of its transaction, read concern or write concern that this server does not do. */
export const checkConcerns = (command: Doc) => {
  if (command.coordinator !== undefined) refuse('a coordinated transaction')
  const level = (command.readConcern as Doc | undefined)?.level
  if (level === 'snapshot' && command.autocommit === undefined) refuse('readConcern level snapshot', 72)
  if (level !== undefined && !['local', 'available', 'majority', 'linearizable', 'snapshot'].includes(String(level)))
    throw new CommandError(9, `Enumeration value '${String(level)}' for field 'level' is not a valid value.`)
  const w = (command.writeConcern as Doc | undefined)?.w
  if (w !== undefined && w !== 'majority' && Number(w) > 1) throw new CommandError(100, 'Not enough data-bearing nodes')
  if (typeof w === 'string' && w !== 'majority')
    throw new CommandError(79, `No write concern mode named '${w}' found in replica set configuration`)
  if (isArray(w)) refuse('tagged write concern', 79)
}
