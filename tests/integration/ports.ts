import { createServer } from 'node:net'

/**
 * Ports of its own for each worker, so that none takes one that another has found to be free and is about to use. All are below the ports that
 * the system gives to outgoing connections, which could take one while a process starts again.
 */
const [FROM, EACH, WORKERS] = [15_000, 3_700, 4]
const worker = (Number(process.env.VITEST_POOL_ID ?? 1) - 1) % WORKERS
const first = FROM + worker * EACH

let next = Math.floor(Math.random() * EACH)

/** The first of so many free ports in a row; where systems start at the same time, each is offered others. */
export async function freePorts(count = 20): Promise<number> {
  for (;;) {
    if (next + count > EACH) next = 0
    const from = first + next
    next += count
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(from + index)))
    if (free.every(Boolean)) return from
  }
}

const isFree = (port: number) =>
  new Promise<boolean>(resolve => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
