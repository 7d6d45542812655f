import { rmSync } from 'node:fs'
import { join } from 'node:path'

const ours = ['mongodb', 'mongod', 'pubsub', 'logs', 'secrets.json', 'clock.json', 'market-shocks.json', 'schedules.json']

/** Empties a data directory of what runs leave in it, and of nothing else that may lie there. */
export function resetData(dataDir: string): void {
  for (const name of ours) rmSync(join(dataDir, name), { recursive: true, force: true })
}
