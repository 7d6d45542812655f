import { DomainError } from '../errors.ts'

const pad = (value: number, width: number) => String(value).padStart(width, '0')

/** `{strategy_id}_{YYYYMMDD}_{HHMMSS}_{NNN}` in UTC (SIG-9); `sequence` counts from 1 to 999 within a strategy's second. */
export function signalId(strategy_id: string, receivedAt: Date, sequence: number): string {
  if (sequence < 1 || sequence > 999) throw new DomainError('SEQUENCE_EXHAUSTED', { strategy_id, sequence })
  const iso = receivedAt.toISOString()
  return `${strategy_id}_${iso.slice(0, 10).replaceAll('-', '')}_${iso.slice(11, 19).replaceAll(':', '')}_${pad(sequence, 3)}`
}

/** Reads an id from the right, since a strategy's own id may hold underscores; null where it is not one. */
export function parseSignalId(id: string): { strategy_id: string; received_second: Date; sequence: number } | null {
  const found = /^([A-Za-z0-9_-]+)_(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})_(\d{3})$/.exec(id)
  if (!found) return null
  const [, strategy_id = '', year, month, day, hour, minute, second, sequence] = found
  const received_second = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(received_second.getTime()) ? null : { strategy_id, received_second, sequence: Number(sequence) }
}
