import type { Row, Table } from './figures.ts'
import { residentMb, type System } from './system.ts'

type Reading = Map<string, number | null>

/** Resident memory in MB of the runner and of each process of a running system. */
export function readMemory({ pid, endpoints }: System): Reading {
  const all = [{ name: 'runner', pid }, ...endpoints.processes]
  return new Map(all.map(each => [each.name, residentMb(each.pid)]))
}

const total = (reading: Reading): number => [...reading.values()].reduce<number>((sum, mb) => sum + (mb ?? 0), 0)

/** @param loaded null where nothing was sent between the two readings */
export function memoryTable(idle: Reading, loaded: Reading | null): Table {
  const title = 'Memory (RSS, MB)'
  if ([...idle.values()].every(mb => mb === null)) return { title, rows: [], notes: ['This machine has no /proc: memory was not read.'] }
  const row = (name: string, before: number | null, after: number | null | undefined): Row =>
    loaded ? { process: name, 'idle MB': before, 'after the load MB': after ?? null } : { process: name, 'idle MB': before }
  const rows = [...idle].map(([name, mb]) => row(name, mb, loaded?.get(name)))
  return {
    title,
    rows: [...rows, { ...row('total', total(idle), loaded && total(loaded)), goal: '≤ 1536 (goal 700)' }],
    notes: ['Pages that processes share, the Node binary among them, are counted in each.'],
  }
}
