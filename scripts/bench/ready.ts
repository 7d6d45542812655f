import { join } from 'node:path'
import { median, type Table } from './figures.ts'
import { startSystem } from './system.ts'

const GOAL = '≤ 20 000 ms'
const ROUNDS = 3

/** Time from the command to a ready system: as on a fresh clone, with empty data, and once more on data that is there. */
export async function measureReady(work: string): Promise<Table[]> {
  const timed = async (name: string, environment: NodeJS.ProcessEnv = {}) => {
    const system = await startSystem(join(work, name), environment)
    await system.stop()
    return Math.round(system.readyMs)
  }
  // Node keeps compiled code between starts; the first start after `npm ci` finds none.
  const first = await timed('first', { NODE_COMPILE_CACHE: join(work, 'compiled') })
  const fresh: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) fresh.push(await timed(`fresh-${round}`))
  const again = await timed('fresh-0')
  return [
    {
      title: 'Ready: command → endpoints.json',
      rows: [
        { start: 'first after npm ci (nothing compiled)', ms: first, goal: GOAL },
        { start: `empty data, median of ${ROUNDS} (${fresh.join(', ')})`, ms: median(fresh), goal: GOAL },
        { start: 'restart on its data', ms: again, goal: GOAL },
      ],
    },
  ]
}
