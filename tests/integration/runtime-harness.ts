import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { afterAll, type MockInstance, vi } from 'vitest'
import { startMongodb } from '../../scripts/local/mongodb/start.ts'
import { baseEnvironment } from '../../shared/runtime/configuration.ts'
import { closeStores } from '../../shared/store/open.ts'

/** A database of its own for a test file. */
export async function startDatabase() {
  const dataDir = await mkdtemp(join(tmpdir(), 'runtime-'))
  const mongodb = await startMongodb({ dataDir, port: 0 })
  let stopped = false
  const stop = async () => {
    if (stopped) return
    stopped = true
    await mongodb.close()
  }
  afterAll(async () => {
    await closeStores()
    await stop()
    await rm(dataDir, { recursive: true })
  })
  return { uri: mongodb.uri, stop }
}

/** The configuration of a function on this machine. */
export const configOf = (environment: Record<string, string>) => baseEnvironment.parse(environment)

/** A registered function behind a port of its own. */
export async function served(name: string): Promise<string> {
  const server: Server = getTestServer(name)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Everything that this process prints while something runs. */
export async function printed(run: () => Promise<unknown>): Promise<string> {
  const lines: string[] = []
  const note = (...said: unknown[]) => {
    lines.push(said.map(String).join(' '))
    return true
  }
  const spies: MockInstance[] = [
    vi.spyOn(process.stdout, 'write').mockImplementation(note as typeof process.stdout.write),
    vi.spyOn(process.stderr, 'write').mockImplementation(note as typeof process.stderr.write),
    ...(['log', 'info', 'warn', 'error'] as const).map(level => vi.spyOn(console, level).mockImplementation(note)),
  ]
  try {
    await run()
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return lines.join('\n')
}
