import { accessSync, constants, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Which MongoDB a start uses (INF-1b). */
export type Database =
  /** One that MONGODB_URI names. */
  | { kind: 'given'; uri: string }
  /** A `mongod` of this machine, as a replica set in the data directory. */
  | { kind: 'mongod'; uri: string; command: string; folder: string }
  | { kind: 'embedded'; uri: string }

interface Question {
  environment: NodeJS.ProcessEnv
  dataDir: string
  port: number
}

export function chooseDatabase({ environment, dataDir, port }: Question): Database {
  if (environment.MONGODB_URI) return { kind: 'given', uri: environment.MONGODB_URI }
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`
  const command = onPath('mongod', environment.PATH ?? '')
  if (command === null) return { kind: 'embedded', uri }
  const folder = join(dataDir, 'mongod')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return { kind: 'mongod', uri, command, folder }
}

function onPath(command: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, command)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // not here: the next folder
    }
  }
  return null
}

/** One line for whoever starts it. */
export const databaseLine = (database: Database): string => {
  if (database.kind === 'given') return 'the one that MONGODB_URI names'
  return database.kind === 'mongod' ? `${database.command}, as a replica set in ${database.folder}` : 'the embedded server'
}
