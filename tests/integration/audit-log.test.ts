import { beforeAll, describe, expect, it } from 'vitest'
import { appendAudit, auditLog, FIRST_HASH, firstBreak, type NewAuditLine } from '../../shared/store/audit-log.ts'
import type { Store } from '../../shared/store/collection.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { startDatabase } from './runtime-harness.ts'

let store: Store

beforeAll(async () => {
  const { uri } = await startDatabase()
  store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: 'audit', FUND_ID: 'fund' })
  await applyCollections(store)
})

const line = (writer: string, reason: string, changes: Partial<NewAuditLine> = {}): NewAuditLine => ({
  writer,
  at: new Date('2026-03-02T15:00:00.123Z'),
  who: 'sender',
  from: '127.0.0.1',
  what: 'signal refused',
  before: null,
  after: null,
  reason,
  ...changes,
})

const append = async (writer: string, ...reasons: string[]) => {
  for (const reason of reasons) await appendAudit(store, line(writer, reason))
}

const linesOf = async (writer: string) => (await auditLog.in(store).find({ writer }).sort({ sequence: 1 }).toArray()).map(auditLog.read)

describe('the audit log', () => {
  it('chains each line to the one before it, from its first', async () => {
    await append('chained', 'one', 'two', 'three')
    const [first, second, third] = await linesOf('chained')
    expect([first?.sequence, second?.sequence, third?.sequence]).toEqual([1, 2, 3])
    expect([first?.prev_hash, second?.prev_hash, third?.prev_hash]).toEqual([FIRST_HASH, first?.hash, second?.hash])
    expect(await firstBreak(store, 'chained')).toBeNull()
  })

  it('is whole before it has begun', async () => {
    expect(await firstBreak(store, 'silent')).toBeNull()
  })

  it('has a chain of its own for each writer', async () => {
    await append('left', 'one')
    await append('right', 'one')
    expect((await linesOf('right')).map(({ sequence, prev_hash }) => `${sequence} ${prev_hash}`)).toEqual([`1 ${FIRST_HASH}`])
  })

  it('is one chain though many write at once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => append('raced', `line ${index}`)))
    const lines = await linesOf('raced')
    expect(lines.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(new Set(lines.map(({ reason }) => reason)).size).toBe(20)
    expect(await firstBreak(store, 'raced')).toBeNull()
  })

  it('stays whole with what was before and after, moments among it', async () => {
    const after = { status: 'HALTED', since: new Date('2026-03-02T15:00:00Z'), by: { role: 'admin', weights: [1, 2.5] } }
    await appendAudit(store, line('detailed', 'halt', { before: { status: 'ACTIVE' }, after }))
    await append('detailed', 'next')
    expect(await firstBreak(store, 'detailed')).toBeNull()
  })

  it.each<[string, Record<string, unknown>]>([
    ['reason', { reason: 'nothing happened' }],
    ['who', { who: 'nobody' }],
    ['from', { from: null }],
    ['time', { at: new Date('2026-03-02T15:00:00.124Z') }],
    ['what it was after', { after: { status: 'ACTIVE' } }],
    ['hash', { hash: FIRST_HASH }],
    ['link', { prev_hash: FIRST_HASH }],
  ])('shows a line whose %s was changed', async (name, change) => {
    const writer = `changed ${name}`
    await append(writer, 'one', 'two', 'three')
    await auditLog.in(store).updateOne({ writer, sequence: 2 }, { $set: change })
    expect(await firstBreak(store, writer)).toBe(2)
  })

  it('shows a line that was taken out', async () => {
    await append('cut', 'one', 'two', 'three')
    await auditLog.in(store).deleteOne({ writer: 'cut', sequence: 2 })
    expect(await firstBreak(store, 'cut')).toBe(2)
  })

  it('shows a line that was put in a line’s place with a hash of its own', async () => {
    await append('replaced', 'one', 'two', 'three')
    await append('forged', 'one', 'other', 'three')
    const [, forged] = await linesOf('forged')
    await auditLog.in(store).updateOne({ writer: 'replaced', sequence: 2 }, { $set: { reason: forged?.reason, hash: forged?.hash } })
    expect(await firstBreak(store, 'replaced')).toBe(2)
  })
})
