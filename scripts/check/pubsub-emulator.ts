import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs the Pub/Sub contract against Google's own emulator: a second opinion on what our server promises. */
async function main(): Promise<number> {
  if (spawnSync('gcloud', ['beta', 'emulators', 'pubsub', '--help'], { stdio: 'ignore' }).status !== 0) {
    console.error('This suite needs Google’s Pub/Sub emulator: the Google Cloud CLI with its pubsub-emulator component, and Java.')
    return 1
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'pubsub-emulator-'))
  const host = `127.0.0.1:${await freePort()}`
  // A group of its own, because gcloud does not stop the Java process that it starts.
  const emulator = spawn('gcloud', ['beta', 'emulators', 'pubsub', 'start', `--host-port=${host}`, `--data-dir=${dataDir}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopGroup(emulator))
  try {
    await listening(emulator)
    const env = { ...process.env, PUBSUB_CONTRACT_HOST: host }
    const tests = spawn('vitest', ['run', '--project', 'contract', 'tests/contract/pubsub'], { env, stdio: 'inherit' })
    const [code] = await once(tests, 'exit')
    return code ?? 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  } finally {
    stopGroup(emulator)
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

/** Waits until the emulator says that it listens; what it said instead is the error. */
function listening(emulator: ChildProcess): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk
      if (said.includes('Server started')) resolve()
    }
    emulator.stdout?.on('data', hear)
    emulator.stderr?.on('data', hear)
    emulator.once('error', reject)
    emulator.once('exit', code => reject(new Error(`The emulator stopped with ${code}:\n${said}`)))
  })
}

function stopGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGTERM')
}

process.exitCode = await main()
