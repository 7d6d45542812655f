import type { Db, MongoClient } from 'mongodb'
import type { DemoStrategy } from '../local/endpoints.ts'
import type { System } from './system.ts'

export type Cell = string | number | null
export type Row = Record<string, Cell>

export interface Table {
  title: string
  rows: Row[]
  /** What a reader must know to read the figures rightly. */
  notes?: string[]
}

/** A running system, and how long to measure it. */
export interface Bench {
  system: System
  client: MongoClient
  db: Db
  strategies: DemoStrategy[]
  /** How long each rate of the throughput part is sent. */
  seconds: number
  /** How many signals the phases part follows. */
  signals: number
}

export interface Spread {
  count: number
  p50: number | null
  p99: number | null
  max: number | null
}

/** Two decimals, as far as a clock on a busy machine can be believed. */
export const rounded = (value: number): number => Math.round(value * 100) / 100

/** Nearest-rank percentile: the smallest value that `fraction` (0..1] of all values do not exceed; null of nothing. */
function percentile(sorted: readonly number[], fraction: number): number | null {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)]
  return value === undefined ? null : rounded(value)
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  return { count: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: percentile(sorted, 1) }
}

/** A spread in ms as columns of a row. */
export const spreadMs = (values: readonly number[]): Row => {
  const { count, p50, p99, max } = spread(values)
  return { count, 'p50 ms': p50, 'p99 ms': p99, 'max ms': max }
}

export const median = (values: readonly number[]): number | null => spread(values).p50
