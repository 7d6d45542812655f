import { describe, expect, it } from 'vitest'
import { turns } from '../../../../../shared/brokers/paper/turns.ts'

describe('turns', () => {
  it('runs work on one key in the order asked for, each after the one before has ended', async () => {
    const inTurn = turns()
    const seen: string[] = []
    const gate = Promise.withResolvers<void>()
    const first = inTurn('A', async () => {
      await gate.promise
      seen.push('first')
    })
    const second = inTurn('A', async () => {
      seen.push('second')
    })
    gate.resolve()
    await Promise.all([first, second])
    expect(seen).toEqual(['first', 'second'])
  })

  it('runs work on another key meanwhile', async () => {
    const inTurn = turns()
    const gate = Promise.withResolvers<void>()
    const waiting = inTurn('A', () => gate.promise)
    expect(await inTurn('B', async () => 'done')).toBe('done')
    gate.resolve()
    await waiting
  })

  it('goes on after work that failed', async () => {
    const inTurn = turns()
    const failed = inTurn('A', () => Promise.reject(new Error('broken')))
    const next = inTurn('A', async () => 'done')
    await expect(failed).rejects.toThrow('broken')
    expect(await next).toBe('done')
  })
})
