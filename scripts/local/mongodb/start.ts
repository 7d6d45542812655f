import type { Cursors } from './commands/cursors.ts'
import type { Faults } from './commands/faults.ts'
import { startSweep } from './commands/sweep.ts'
import { openStore } from './storage/store.ts'
import { listen } from './wire/server.ts'

export type Mongodb = { uri: string; port: number; close(): Promise<void> }

type Options = { dataDir: string; port: number; testCommands?: boolean }

/**
 * Starts a MongoDB server of this process on the loopback address.
 * @param dataDir where its data lie; made if it is not there, and held by one server at a time
 * @param port 0 for any that is free
 * @param testCommands whether failures may be made on purpose
 */
export const startMongodb = async ({ dataDir, port, testCommands = false }: Options): Promise<Mongodb> => {
  const store = openStore(dataDir)
  const cursors: Cursors = new Map()
  const faults: Faults = { allowed: testCommands, points: new Map() }
  try {
    const { server, port: bound, sockets } = await listen(port, bound => ({ store, cursors, faults, port: bound }))
    const stopSweep = startSweep(store, cursors)
    return {
      uri: `mongodb://127.0.0.1:${bound}/?directConnection=true`,
      port: bound,
      close: async () => {
        stopSweep()
        const closed = new Promise(resolve => server.close(resolve))
        for (const socket of sockets) socket.destroy()
        await closed
        store.close()
      },
    }
  } catch (error) {
    store.close()
    throw error
  }
}
