import { type Row, rounded, type Table } from './figures.ts'
import { cpuMs, type System } from './system.ts'

/** Processor time of the runner and each process of a running system so far, in ms. */
export function readCpu({ pid, endpoints }: System): Map<string, number | null> {
  const all = [{ name: 'runner', pid }, ...endpoints.processes]
  return new Map(all.map(each => [each.name, cpuMs(each.pid)]))
}

/** What a signal costs each process: unlike a latency, this hardly depends on what else the machine does. */
export function cpuTable(before: Map<string, number | null>, after: Map<string, number | null>, signals: number): Table {
  const title = `Processor time of one signal, over ${signals} (idle work of the same time included)`
  if ([...before.values()].every(ms => ms === null)) return { title, rows: [], notes: ['This machine has no /proc: it was not read.'] }
  const spent = [...before].map(([name, ms]) => ({ name, ms: ((after.get(name) ?? 0) - (ms ?? 0)) / signals }))
  const rows: Row[] = spent.map(({ name, ms }) => ({ process: name, ms: rounded(ms) }))
  return { title, rows: [...rows, { process: 'total', ms: rounded(spent.reduce((sum, { ms }) => sum + ms, 0)) }] }
}
